import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { type DeliveryBody, Story } from './deliver.fixture.js';

let server: TestServer;
let receiver: Receiver;
let story: Story;

beforeAll(async () => {
  server = await startTestServer({
    BUGLE_RETRY_SCHEDULE: '0.01,3600',
    BUGLE_RETRY_JITTER: '0',
    BUGLE_SWEEP_INTERVAL_MS: '20',
  });
});
afterAll(() => server.stop());
beforeEach(async () => {
  receiver = await Receiver.start();
  story = new Story((await server.newWorkspace()).api);
});
afterEach(() => receiver.stop());

const redeliver = (id: string) =>
  story.api.post<DeliveryBody & { code?: string }>(`/v1/deliveries/${id}/redeliver`);

/** Answers the first requests so, and 200 from then on. */
const failingAtFirst = (times: number, failure: { status?: number; hang?: boolean }) =>
  receiver.answer((_, index) => (index < times ? failure : {}));

describe('sending again by hand', () => {
  it('sends the same bytes under the same id, though it was delivered', async () => {
    await story.webhook(receiver.url);
    const { id, eventId } = await story.settled(await story.publish({ n: 1 }), 'delivered');
    const { status, body } = await redeliver(id);
    expect(status).toBe(202);
    expect(body).toMatchObject({
      id,
      status: expect.stringMatching(/^(pending|sending|delivered)$/),
    });
    // A key that may only send again need not be one that may read.
    expect(body).not.toHaveProperty('requestBody');
    expect(body).not.toHaveProperty('attempts');

    const [first, second] = await receiver.received(2);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    const again = await story.settled(eventId, 'delivered', 2);
    expect(again).toMatchObject({ attemptCount: 2 });
    expect(again.attempts.map(({ trigger }) => trigger)).toEqual(['automatic', 'manual']);
  });

  it('takes the place of the next automatic attempt, and may be the one that succeeds', async () => {
    failingAtFirst(2, { status: 500 });
    await story.webhook(receiver.url);
    const eventId = await story.publish();
    const { id } = await story.settled(eventId, 'retrying', 2);
    await redeliver(id);
    const { attempts, nextAttemptAt } = await story.settled(eventId, 'delivered');
    expect(attempts.map(({ trigger }) => trigger)).toEqual(['automatic', 'automatic', 'manual']);
    expect(nextAttemptAt).toBeNull();
    const waiting = await server.query('SELECT FROM delivery_queue WHERE delivery_id = $1', [id]);
    expect(waiting).toEqual([]);
  });

  it('opens a delivery that was given up, for one more attempt', async () => {
    failingAtFirst(4, { status: 500 });
    await story.webhook(receiver.url);
    const eventId = await story.publish();
    const { id } = await story.settled(eventId, 'retrying', 2);
    for (const count of [3, 4]) {
      await redeliver(id);
      const delivery = await story.settled(eventId, 'exhausted', count);
      expect(delivery.attempts.at(-1)).toMatchObject({ number: count, trigger: 'manual' });
    }
    await redeliver(id);
    expect(await story.settled(eventId, 'delivered')).toMatchObject({ attemptCount: 5 });
  });

  it('is refused while a worker sends it', async () => {
    receiver.answer({ hang: true });
    await story.webhook(receiver.url);
    const eventId = await story.publish();
    await receiver.received(1);
    const [delivery] = await story.deliveries({ eventId });
    const refused = await until('it is refused', async () => {
      const answer = await redeliver(delivery?.id ?? '');
      return answer.status === 409 && answer.body;
    });
    expect(refused.code).toBe('delivery_in_flight');
  });

  it('is refused where there is nothing to send, or nobody to send it to', async () => {
    const webhook = await story.webhook(receiver.url, { events: [] });
    const broken = await story.automation(webhook.id, { template: '{"n": {{ 1 / data.zero }} }' });
    const failed = await story.settled(await story.publish({ zero: 0 }), 'failed');
    expect((await redeliver(failed.id)).body.code).toBe('delivery_not_rendered');

    await story.api.patch(`/v1/automations/${broken.id}`, { template: '{"n": 1}' });
    const { id } = await story.settled(await story.publish(), 'delivered');
    await story.api.patch(`/v1/webhooks/${webhook.id}`, { enabled: false });
    const disabled = await redeliver(id);
    expect([disabled.status, disabled.body.code]).toEqual([409, 'webhook_disabled']);

    await story.api.delete(`/v1/automations/${broken.id}`);
    await story.api.delete(`/v1/webhooks/${webhook.id}`);
    const deleted = await redeliver(id);
    expect([deleted.status, deleted.body.code]).toEqual([409, 'webhook_deleted']);
  });

  it("is refused for another workspace's delivery as for one that does not exist", async () => {
    await story.webhook(receiver.url);
    const { id } = await story.settled(await story.publish(), 'delivered');
    const stranger = (await server.newWorkspace()).api;
    const answer = await stranger.post<{ code: string }>(`/v1/deliveries/${id}/redeliver`);
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
    expect((await stranger.get(`/v1/deliveries/${id}`)).status).toBe(404);
    expect(await story.delivery(id)).toMatchObject({ status: 'delivered', attemptCount: 1 });
  });
});

describe('what waits for a webhook', () => {
  let other: Receiver;
  beforeEach(async () => {
    other = await Receiver.start();
  });
  afterEach(() => other.stop());

  /** Proves that whatever was due before this call has been looked for. */
  const nextRetryIsDone = async () => {
    other.answer((_, index) => (index === 0 ? { status: 500 } : {}));
    await story.webhook(other.url, { events: ['user.deleted'] });
    await story.settled(await story.publish({}, 'user.deleted'), 'delivered');
  };

  it('is kept while it is disabled, and sent when it is enabled again', async () => {
    failingAtFirst(1, { hang: true });
    const { id } = await story.webhook(receiver.url);
    const eventId = await story.publish();
    await receiver.received(1);
    await story.api.patch(`/v1/webhooks/${id}`, { enabled: false });
    receiver.cut();
    await story.settled(eventId, 'retrying');
    await nextRetryIsDone();
    expect(receiver.requests).toHaveLength(1);

    await story.api.patch(`/v1/webhooks/${id}`, { enabled: true });
    expect(await story.settled(eventId, 'delivered')).toMatchObject({ attemptCount: 2 });
  });

  it('is cancelled when it is deleted, what is due in an hour too', async () => {
    failingAtFirst(3, { status: 500 });
    const { id } = await story.webhook(receiver.url);
    const eventId = await story.publish();
    await story.settled(eventId, 'retrying', 2);
    await story.api.delete(`/v1/webhooks/${id}`);
    const cancelled = await story.settled(eventId, 'cancelled');
    expect(cancelled).toMatchObject({ attemptCount: 2, nextAttemptAt: null });
    expect(cancelled.attempts).toHaveLength(2);
  });

  it('is cancelled when it is deleted in the middle of an attempt that fails', async () => {
    failingAtFirst(1, { hang: true });
    const { id } = await story.webhook(receiver.url);
    const eventId = await story.publish();
    await receiver.received(1);
    await story.api.delete(`/v1/webhooks/${id}`);
    receiver.cut();
    const { attempts } = await story.settled(eventId, 'cancelled');
    expect(attempts).toMatchObject([{ error: { code: 'connection_reset' } }]);
    await nextRetryIsDone();
    expect(receiver.requests).toHaveLength(1);
  });
});
