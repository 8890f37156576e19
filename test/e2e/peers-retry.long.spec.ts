import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { type DeliveryWithAttempts, Story } from './deliver.fixture.js';

// Reliability tests of other engines, under their names: what each asserts, asserted of Bugle.

let server: TestServer;
let receiver: Receiver;
let story: Story;

beforeAll(async () => {
  server = await startTestServer({
    BUGLE_RETRY_SCHEDULE: '0.1,0.1',
    BUGLE_RETRY_JITTER: '0',
    BUGLE_SWEEP_INTERVAL_MS: '20',
    // Failing is what these receivers are for.
    BUGLE_BREAKER_FAILURES: '0',
  });
});
afterAll(() => server.stop());
beforeEach(async () => {
  receiver = await Receiver.start({ status: 500 });
  story = new Story((await server.newWorkspace()).api);
});
afterEach(() => receiver.stop());

const up = () => receiver.answer({ status: 200 });
const redeliver = (id: string) => story.api.post(`/v1/deliveries/${id}/redeliver`);
const numbers = ({ attempts }: DeliveryWithAttempts) => attempts.map(({ number }) => number);
const triggers = ({ attempts }: DeliveryWithAttempts) => attempts.map(({ trigger }) => trigger);

/** Proves that a receiver gets nothing more: something that is sent later arrives, and nothing else has. */
async function expectSilence(count: number): Promise<void> {
  up();
  await story.webhook(`${receiver.url}/later`, { events: ['user.deleted'] });
  await story.settled(await story.publish({}, 'user.deleted'), 'delivered');
  expect(receiver.requests.filter(({ url }) => !url.endsWith('/later'))).toHaveLength(count);
}

describe('Outpost', () => {
  it('TestRetry_FailedDeliveryAutoRetries', async () => {
    receiver.answer((_, index) => ({ status: index < 2 ? 500 : 200 }));
    await story.webhook(receiver.url);
    const delivery = await story.settled(await story.publish(), 'delivered');
    expect(numbers(delivery)).toEqual([1, 2, 3]);
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('TestRetry_ManualRetryCreatesNewAttempt', async () => {
    await story.webhook(receiver.url, { retryPolicy: { schedule: [] } });
    const { id, eventId } = await story.settled(await story.publish(), 'exhausted', 1);
    up();
    expect((await redeliver(id)).status).toBe(202);
    const delivery = await story.settled(eventId, 'delivered', 2);
    expect(triggers(delivery)).toEqual(['automatic', 'manual']);
  });

  it('TestRetry_DuplicateManualRetryExecutesBoth', async () => {
    up();
    await story.webhook(receiver.url);
    const { id, eventId } = await story.settled(await story.publish(), 'delivered', 1);
    await redeliver(id);
    await story.settled(eventId, 'delivered', 2);
    await redeliver(id);
    const delivery = await story.settled(eventId, 'delivered', 3);
    expect(triggers(delivery)).toEqual(['automatic', 'manual', 'manual']);
    expect(receiver.requests).toHaveLength(3);
  });

  it('TestRetry_ManualRetryOnDisabledDestinationRejected', async () => {
    const { id: webhookId } = await story.webhook(receiver.url, { retryPolicy: { schedule: [] } });
    const { id } = await story.settled(await story.publish(), 'exhausted');
    await story.api.patch(`/v1/webhooks/${webhookId}`, { enabled: false });
    expect(await redeliver(id)).toMatchObject({ status: 409, body: { code: 'webhook_disabled' } });
    await expectSilence(1);
  });

  it('TestE2E_ManualRetryScheduleInteraction', async () => {
    await story.webhook(receiver.url, { retryPolicy: { schedule: [3600, 0.2], jitter: 0 } });
    const { id, eventId } = await story.settled(await story.publish(), 'retrying', 1);
    // It takes the place of the retry in an hour, and the next wait of the schedule follows it.
    await redeliver(id);
    const delivery = await story.settled(eventId, 'exhausted', 3);
    expect(triggers(delivery)).toEqual(['automatic', 'manual', 'automatic']);
    const [, manual, last] = receiver.requests;
    expect((last?.receivedAt ?? 0) - (manual?.receivedAt ?? 0)).toBeGreaterThanOrEqual(200);
    await expectSilence(3);
  });

  it('TestE2E_Regression_RetryRaceCondition', async () => {
    // The log is slow and the retry is quick: nothing is lost between the two.
    receiver.answer((_, index) => ({ status: index === 0 ? 500 : 200 }));
    await server.query(
      `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END $$`,
    );
    await server.query(
      'CREATE TRIGGER slow BEFORE INSERT ON attempts FOR EACH ROW EXECUTE FUNCTION slow()',
    );
    await story.webhook(receiver.url, { retryPolicy: { schedule: [0.05], jitter: 0 } });
    const delivery = await story.settled(await story.publish(), 'delivered', 2);
    await server.query('DROP TRIGGER slow ON attempts');
    expect(numbers(delivery)).toEqual([1, 2]);
    expect(receiver.requests).toHaveLength(2);
  });
});

describe('WebhookX', () => {
  it('all tries are exhausted', async () => {
    await story.webhook(receiver.url);
    const delivery = await story.settled(await story.publish(), 'exhausted', 3);
    expect(delivery).toMatchObject({ attemptCount: 3, nextAttemptAt: null, lastStatusCode: 500 });
    const listed = await story.deliveries({ status: 'exhausted' });
    expect(listed.map(({ id }) => id)).toEqual([delivery.id]);
    await expectSilence(3);
  });
});

describe('Svix', () => {
  it('test_failed_message_gets_requeued', async () => {
    await receiver.stop();
    await story.webhook(receiver.url, { retryPolicy: { schedule: [0.05, 0.05, 3600] } });
    const delivery = await story.settled(await story.publish(), 'retrying', 3);
    const codes = delivery.attempts.map(({ error }) => error?.code);
    expect(codes).toEqual(Array(3).fill('connection_refused'));
    expect(delivery.nextAttemptAt).not.toBeNull();
    receiver = await Receiver.start();
  });

  it('test_message_attempts_empty_retry_schedule', async () => {
    await story.webhook(receiver.url, { retryPolicy: { schedule: [] } });
    const delivery = await story.settled(await story.publish(), 'exhausted', 1);
    expect(delivery.nextAttemptAt).toBeNull();
    await expectSilence(1);
  });
});

describe('Bugle', () => {
  it('records as many attempts as there were requests', async () => {
    const { id } = await story.webhook(receiver.url);
    await Promise.all(Array.from({ length: 5 }, (_, n) => story.publish({ n })));
    const all = await until('all are given up', async () => {
      const found = await story.deliveries({ webhookId: id, status: 'exhausted' });
      return found.length === 5 && found;
    });
    expect(all.map(({ attemptCount }) => attemptCount)).toEqual([3, 3, 3, 3, 3]);
    expect(receiver.requests).toHaveLength(15);
  });
});
