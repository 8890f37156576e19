import type { WebhookView } from '../support/builders.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { Story } from './deliver.fixture.js';

/** Failed attempts in a row after which a webhook is held. */
export const FAILURES = 3;

/** Settings of a server on which webhooks are soon held, and soon tried again. */
const BREAKING = {
  BUGLE_RETRY_SCHEDULE: '0.05,0.05,0.05,0.05,3600',
  BUGLE_RETRY_JITTER: '0',
  BUGLE_BREAKER_FAILURES: String(FAILURES),
  BUGLE_BREAKER_HOLD_MS: '400',
  BUGLE_SWEEP_INTERVAL_MS: '20',
};

/**
 * A server of the spec file's own; for each test a workspace, a receiver that fails or works, and one more for what is told
 * of it.
 */
export function useOutages(settings: Record<string, string> = {}) {
  let server: TestServer;
  let receiver: Receiver;
  let alarms: Receiver;
  let story: Story;
  beforeAll(async () => {
    server = await startTestServer({ ...BREAKING, ...settings });
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    [receiver, alarms] = await Promise.all([Receiver.start(), Receiver.start()]);
    story = new Story((await server.newWorkspace()).api);
  });
  afterEach(() => Promise.all([receiver.stop(), alarms.stop()]));
  return {
    server: () => server,
    receiver: () => receiver,
    alarms: () => alarms,
    story: () => story,
    down: () => receiver.answer({ status: 500 }),
    up: () => receiver.answer({ status: 200 }),
  };
}

export const isHeld = ({ health }: Pick<WebhookView, 'health'>) => health.state === 'held';

/** An event, as the API lists it. */
export interface EventBody {
  id: string;
  type: string;
  data: Record<string, unknown>;
}

/** The webhook, once it is as the test wants it. */
export function webhookWhen(
  { api }: Story,
  id: string,
  isReached: (webhook: WebhookView) => boolean,
): Promise<WebhookView> {
  return until(`webhook ${id} is as expected`, async () => {
    const { body } = await api.get<WebhookView>(`/v1/webhooks/${id}`);
    return isReached(body) && body;
  });
}

/** All events of a type, newest first. */
export async function eventsOf({ api }: Story, type: string): Promise<EventBody[]> {
  return (await api.get<{ data: EventBody[] }>(`/v1/events?type=${type}`)).body.data;
}

/** The one event of a type, once it is there. */
export function eventOf(story: Story, type: string): Promise<EventBody> {
  return until(`there is one ${type}`, async () => {
    const events = await eventsOf(story, type);
    return events.length === 1 && events[0];
  });
}

/** Resolves when the deliveries of a webhook were held so many times. */
export const tripped = (server: TestServer, webhookId: string, times: number) =>
  until(`${webhookId} was held ${times} times`, async () => {
    const sql = 'SELECT FROM webhook_health WHERE webhook_id = $1 AND trips >= $2';
    return (await server.query(sql, [webhookId, times])).length > 0;
  });
