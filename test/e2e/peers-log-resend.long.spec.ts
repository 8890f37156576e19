// What other webhook services test about sending again by hand, under their own names: Outpost (cmd/e2e), Svix (tests/it).
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { type DeliveryWithAttempts, Story } from './deliver.fixture.js';
import { AGES_AGO, anHourAgo, doneJob } from './job.fixture.js';

let server: TestServer;
let receiver: Receiver;
let story: Story;

beforeEach(async () => {
  receiver = await Receiver.start();
  story = new Story((await server.newWorkspace()).api);
});
afterEach(() => receiver.stop());

const redeliver = (id: string) => story.api.post(`/v1/deliveries/${id}/redeliver`);

const triggers = ({ attempts }: DeliveryWithAttempts) =>
  attempts.map(({ number, trigger }) => `${number} ${trigger}`);

describe('with a long schedule', () => {
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  it('Outpost TestRetry_ManualRetryCreatesNewAttempt', async () => {
    await story.webhook(receiver.url);
    const { id, eventId } = await story.settled(await story.publish(), 'delivered');
    expect((await redeliver(id)).status).toBe(202);
    expect(triggers(await story.settled(eventId, 'delivered', 2))).toEqual([
      '1 automatic',
      '2 manual',
    ]);
  });

  it('Outpost TestRetry_DuplicateManualRetryExecutesBoth', async () => {
    await story.webhook(receiver.url);
    const { id, eventId } = await story.settled(await story.publish(), 'delivered');
    for (const attempts of [2, 3]) {
      expect((await redeliver(id)).status).toBe(202);
      await story.settled(eventId, 'delivered', attempts);
    }
    expect(receiver.requests).toHaveLength(3);
  });

  it('Outpost TestRetry_ManualRetryOnDisabledDestinationRejected', async () => {
    const webhook = await story.webhook(receiver.url);
    const { id } = await story.settled(await story.publish(), 'delivered');
    await story.api.patch(`/v1/webhooks/${webhook.id}`, { enabled: false });
    // Theirs says 400; the request is in order, the webhook is not.
    expect((await redeliver(id)).status).toBe(409);
    expect((await story.delivery(id)).attempts).toHaveLength(1);
  });

  it('Svix test_recovery_should_fail_if_start_time_too_old', async () => {
    const { id: webhookId } = await story.webhook(receiver.url);
    const ask = { webhookId, since: AGES_AGO };
    expect((await story.api.post('/v1/deliveries/recover', ask)).status).toBe(422);
  });
});

describe('with a schedule of two retries', () => {
  beforeAll(async () => {
    server = await startTestServer({ BUGLE_RETRY_SCHEDULE: '3600,2', BUGLE_RETRY_JITTER: '0' });
  });
  afterAll(() => server.stop());

  it('Outpost TestE2E_ManualRetryScheduleInteraction', async () => {
    receiver.answer({ status: 500 });
    await story.webhook(receiver.url);
    const eventId = await story.publish();
    const { id } = await story.settled(eventId, 'retrying', 1);
    await redeliver(id);
    const delivery = await story.settled(eventId, 'exhausted');
    expect(triggers(delivery)).toEqual(['1 automatic', '2 manual', '3 automatic']);
    // It took the place of the first retry, in an hour: what follows is the second one, and then silence.
    const [, manual, last] = delivery.attempts.map(({ startedAt }) => Date.parse(startedAt));
    expect((last ?? 0) - (manual ?? 0)).toBeGreaterThan(1_900);
    const waiting = await server.query('SELECT FROM delivery_queue WHERE delivery_id = $1', [id]);
    expect(waiting).toEqual([]);
    expect(receiver.requests).toHaveLength(3);
  });
});

describe('with a short schedule', () => {
  beforeAll(async () => {
    server = await startTestServer({
      BUGLE_RETRY_SCHEDULE: '0.02,0.02',
      BUGLE_RETRY_JITTER: '0',
      BUGLE_BREAKER_FAILURES: '0',
    });
  });
  afterAll(() => server.stop());

  it('Svix test_recovery_expected_retry_counts', async () => {
    receiver.answer({ status: 500 });
    const { id: webhookId } = await story.webhook(receiver.url);
    const eventIds = [await story.publish(), await story.publish(), await story.publish()];
    const all = (status: string, attempts: number) =>
      Promise.all(eventIds.map((eventId) => story.settled(eventId, status, attempts)));
    await all('exhausted', 3);
    const recover = () =>
      doneJob(story.api, '/v1/deliveries/recover', { webhookId, since: anHourAgo() });
    expect((await recover()).progress.reopened).toBe(3);
    await all('exhausted', 6);
    receiver.answer({});
    await recover();
    await all('delivered', 7);
    expect((await recover()).progress.reopened).toBe(0);
    await until('as many requests as attempts', () => receiver.requests.length === 21);
  });
});
