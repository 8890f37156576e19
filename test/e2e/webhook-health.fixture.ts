import { until } from '../support/until.js';
import type { WebhookView } from '../support/builders.js';
import type { Story } from './deliver.fixture.js';

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
