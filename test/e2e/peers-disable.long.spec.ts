import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { Story } from './deliver.fixture.js';
import { eventOf, eventsOf, webhookWhen } from './webhook-health.fixture.js';

// Reliability tests of other engines, under their names: what each asserts, asserted of Bugle.

const HOUR_MS = 3_600_000;

let server: TestServer;
let receiver: Receiver;
let story: Story;

beforeAll(async () => {
  server = await startTestServer({
    BUGLE_RETRY_SCHEDULE: '0.1,0.1',
    BUGLE_RETRY_JITTER: '0',
    BUGLE_SWEEP_INTERVAL_MS: '20',
    BUGLE_BREAKER_FAILURES: '5',
    BUGLE_BREAKER_HOLD_MS: '100',
    BUGLE_DISABLE_AFTER_HOURS: '1',
  });
});
afterAll(() => server.stop());
beforeEach(async () => {
  receiver = await Receiver.start();
  story = new Story((await server.newWorkspace()).api);
});
afterEach(() => receiver.stop());

const down = () => receiver.answer({ status: 500 });
const up = () => receiver.answer({ status: 200 });
const once = { retryPolicy: { schedule: [] } };
const enable = (id: string, enabled = true) => story.api.patch(`/v1/webhooks/${id}`, { enabled });
const isDisabled = ({ enabled }: { enabled: boolean }) => !enabled;

/** Publishes and waits until it was given up. */
const failure = async () => story.settled(await story.publish(), 'exhausted');

/** As if the run of failures had begun earlier by so many hours. */
const backdate = (webhookId: string, hours: number) =>
  server.query(
    `UPDATE webhook_health SET failing_since = failing_since - $2 * interval '1 hour' WHERE webhook_id = $1`,
    [webhookId, hours],
  );

/** As if its retries had waited for long enough. */
const makeDue = (webhookId: string) =>
  server.query('UPDATE delivery_queue SET due_at = now() WHERE webhook_id = $1', [webhookId]);

/** Fails until it is disabled. */
async function disabledByFailing(): Promise<string> {
  down();
  const { id } = await story.webhook(receiver.url, once);
  await failure();
  await backdate(id, 1);
  await failure();
  await webhookWhen(story, id, isDisabled);
  return id;
}

describe('Svix', () => {
  it('test_endpoint_disable_on_repeated_failure', async () => {
    const id = await disabledByFailing();
    const { body } = await story.api.get(`/v1/webhooks/${id}`);
    expect(body).toMatchObject({ enabled: false, disabledReason: 'failing' });
  });

  it('test_endpoint_disable_on_sporadic_failure', async () => {
    const { id } = await story.webhook(receiver.url, once);
    down();
    await failure();
    await backdate(id, 1);
    up();
    await story.settled(await story.publish(), 'delivered');
    down();
    await failure();
    const webhook = await webhookWhen(story, id, ({ health }) => health.consecutiveFailures === 1);
    expect(webhook.enabled).toBe(true);
  });

  it('test_endpoint_disable_expiration_duration', async () => {
    down();
    const { id } = await story.webhook(receiver.url, once);
    await failure();
    await backdate(id, 51);
    await failure();
    const webhook = await webhookWhen(story, id, ({ health }) => health.consecutiveFailures === 2);
    expect(webhook.enabled).toBe(true);
    const since = Date.parse(webhook.health.failingSince ?? '');
    expect(Date.now() - since).toBeLessThan(HOUR_MS);
  });
});

describe('Outpost', () => {
  it('TestDeliveryPipeline_DisabledDestinationSkipsDelivery', async () => {
    const { id } = await story.webhook(receiver.url);
    const other = await story.webhook(`${receiver.url}/other`);
    await enable(id, false);
    const eventId = await story.publish();
    // By then the event has been given to all rules.
    expect(await story.settled(eventId, 'delivered')).toMatchObject({ webhookId: other.id });
    await enable(id);
    const next = await story.publish();
    await until(
      'both get the next one',
      async () => (await story.deliveries({ eventId: next, status: 'delivered' })).length === 2,
    );
    expect(await story.deliveries({ eventId })).toHaveLength(1);
    expect(receiver.requests.filter(({ url }) => url === '/hook')).toHaveLength(1);
  });

  it('TestDeliveryPipeline_EnableAfterDisableResumesDelivery', async () => {
    down();
    const { id } = await story.webhook(receiver.url, { retryPolicy: { schedule: [3600] } });
    const eventId = await story.publish();
    await story.settled(eventId, 'retrying', 1);
    await enable(id, false);
    await makeDue(id);
    up();
    await enable(id);
    const { attempts } = await story.settled(eventId, 'delivered', 2);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['rejected', 'delivered']);
  });

  it('TestE2E_Regression_AutoDisableWithoutCallbackURL', async () => {
    // Nobody subscribes to what Bugle tells of it.
    await disabledByFailing();
    const { data } = await eventOf(story, 'webhook.disabled');
    expect(data).toMatchObject({ reason: 'failing' });
  });

  it('TestOpEvents_ConsecutiveFailuresAndDisable', async () => {
    const alarms = await Receiver.start();
    const events = ['webhook.failing', 'webhook.disabled'];
    const { secret } = await story.webhook(alarms.url, { events });
    down();
    const { id } = await story.webhook(receiver.url, {
      retryPolicy: { schedule: [0.05, 0.05, 0.05, 0.05, 0.05, 3600], jitter: 0 },
    });
    // Long enough ago for the next failure after the breaker has opened, and for none before.
    await server.query(
      `CREATE FUNCTION age() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN NEW.failing_since := now() - interval '1 hour'; RETURN NEW; END $$`,
    );
    await server.query(
      `CREATE TRIGGER age BEFORE UPDATE ON webhook_health FOR EACH ROW
         WHEN (NEW.trips > 0 AND NEW.failing_since IS NOT NULL) EXECUTE FUNCTION age()`,
    );
    await story.publish();
    await webhookWhen(story, id, isDisabled);
    await server.query('DROP TRIGGER age ON webhook_health');
    const received = await alarms.received(2);
    const verified = received.map(({ body, headers }) =>
      new StandardWebhook(secret).verify(body, headers),
    );
    expect(verified).toMatchObject([
      { event: 'webhook.failing', data: { webhook: { id }, failures: 5 } },
      { event: 'webhook.disabled', data: { webhook: { id }, reason: 'failing' } },
    ]);
    await alarms.stop();
  });

  it('TestOpEvents_ExhaustedRetries', async () => {
    down();
    const { id } = await story.webhook(receiver.url, {
      retryPolicy: { schedule: [0.05], jitter: 0 },
    });
    const delivery = await failure();
    const { data } = await eventOf(story, 'delivery.exhausted');
    expect(data).toMatchObject({
      webhook: { id },
      delivery: { id: delivery.id, attempts: 2 },
      lastError: { code: 'rejected', statusCode: 500 },
    });
    expect(await eventsOf(story, 'webhook.disabled')).toEqual([]);
  });
});

describe('WebhookX', () => {
  it('stop retry when endpoint is disabled', async () => {
    down();
    const { id } = await story.webhook(receiver.url, { retryPolicy: { schedule: [3600] } });
    const eventId = await story.publish();
    await story.settled(eventId, 'retrying', 1);
    await enable(id, false);
    await makeDue(id);
    // By the time that another webhook has had three attempts, this one would have had its second.
    await story.webhook(`${receiver.url}/other`, {
      events: ['user.deleted'],
      retryPolicy: { schedule: [0.2, 0.2] },
    });
    await story.settled(await story.publish({}, 'user.deleted'), 'exhausted', 3);
    await story.settled(eventId, 'retrying', 1);
    expect(receiver.requests.filter(({ url }) => url === '/hook')).toHaveLength(1);
  });
});
