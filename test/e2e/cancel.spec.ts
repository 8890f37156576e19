import { NOWHERE } from '../support/builders.js';
import type { ProblemBody } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { type DeliveryBody, Story } from './deliver.fixture.js';
import { anHourAgo, doneJob } from './job.fixture.js';

let server: TestServer;
let receiver: Receiver;
let story: Story;
let webhookId: string;

beforeAll(async () => {
  server = await startTestServer({ BUGLE_RETRY_SCHEDULE: '3600', BUGLE_RETRY_JITTER: '0' });
});
afterAll(() => server.stop());
beforeEach(async () => {
  receiver = await Receiver.start({ status: 500 });
  story = new Story((await server.newWorkspace()).api);
  webhookId = (await story.webhook(receiver.url)).id;
});
afterEach(() => receiver.stop());

const CANCEL = '/v1/deliveries/cancel';
const cancel = (id: string) =>
  story.api.post<DeliveryBody & ProblemBody>(`/v1/deliveries/${id}/cancel`);

const retrying = async () => story.settled(await story.publish(), 'retrying', 1);

/** The delivery of an event, as soon as a worker holds it. */
const sending = (eventId: string) =>
  until('it is being sent', async () => {
    const [found] = await story.deliveries({ eventId });
    return found?.status === 'sending' && found;
  });

describe('cancelling a delivery', () => {
  it('ends one that waits for its retry', async () => {
    const { id } = await retrying();
    const { status, body } = await cancel(id);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { id, status: 'cancelled', attemptCount: 1, nextAttemptAt: null },
    });
    expect(await server.query('SELECT FROM delivery_queue WHERE delivery_id = $1', [id])).toEqual(
      [],
    );
    expect((await story.delivery(id)).attempts).toHaveLength(1);
  });

  it('is refused for one that has ended, and a second time', async () => {
    receiver.answer({});
    const delivered = await story.settled(await story.publish(), 'delivered');
    expect(await cancel(delivered.id)).toMatchObject({
      status: 409,
      body: { code: 'delivery_ended' },
    });
    receiver.answer({ status: 500 });
    const { id } = await retrying();
    await cancel(id);
    expect(await cancel(id)).toMatchObject({ status: 409, body: { code: 'delivery_ended' } });
  });

  it('is refused for one that is being sent', async () => {
    receiver.answer({ hang: true });
    const { id } = await sending(await story.publish());
    expect(await cancel(id)).toMatchObject({ status: 409, body: { code: 'delivery_in_flight' } });
  });

  it("is refused for another workspace's as for one that does not exist", async () => {
    const { id } = await retrying();
    const stranger = (await server.newWorkspace()).api;
    expect((await stranger.post(`/v1/deliveries/${id}/cancel`)).status).toBe(404);
    expect((await cancel(NOWHERE)).status).toBe(404);
    expect((await story.delivery(id)).status).toBe('retrying');
  });

  it('writes down the attempt of a worker that died', async () => {
    const { id } = await retrying();
    await story.api.patch(`/v1/webhooks/${webhookId}`, { enabled: false });
    await server.query(
      `UPDATE delivery_queue SET holder = 999999, attempt = 2, due_at = now() - interval '1 s' WHERE delivery_id = $1`,
      [id],
    );
    expect((await cancel(id)).body).toMatchObject({ status: 'cancelled', attemptCount: 2 });
    expect((await story.delivery(id)).attempts.map(({ outcome }) => outcome)).toEqual([
      'rejected',
      'interrupted',
    ]);
  });
});

describe('cancelling what waits for a webhook', () => {
  it('cancels all of it, and nothing of another one', async () => {
    const other = await story.webhook(receiver.url, { events: ['user.deleted'] });
    for (let n = 0; n < 3; n++) await retrying();
    const kept = await story.settled(await story.publish({}, 'user.deleted'), 'retrying', 1);
    const job = await doneJob(story.api, CANCEL, { webhookId });
    expect(job).toMatchObject({
      kind: 'deliveries.cancel',
      status: 'done',
      progress: { lookedAt: 3, cancelled: 3, inFlight: 0 },
    });
    const statuses = (await story.deliveries({ webhookId })).map(({ status }) => status);
    expect(statuses).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(await story.deliveries({ webhookId: other.id })).toMatchObject([
      { id: kept.id, status: 'retrying' },
    ]);
  });

  it('lets what is being sent go on', async () => {
    await retrying();
    receiver.answer({ hang: true });
    await sending(await story.publish());
    const { progress } = await doneJob(story.api, CANCEL, { webhookId });
    expect(progress).toEqual({ lookedAt: 2, cancelled: 1, inFlight: 1 });
  });

  it('counts first when told so, and keeps to the period', async () => {
    await retrying();
    const ask = (fields: object) => story.api.post(CANCEL, { webhookId, ...fields });
    const dryRun = { dryRun: true };
    expect(await ask(dryRun)).toMatchObject({ status: 200, body: { count: 1, atLeast: false } });
    const before = { ...dryRun, until: anHourAgo() };
    expect((await ask(before)).body).toEqual({ count: 0, atLeast: false });
    const { progress } = await doneJob(story.api, CANCEL, { webhookId, until: anHourAgo() });
    expect(progress).toEqual({ lookedAt: 1, cancelled: 0, inFlight: 0 });
  });

  it('can be taken back: what was cancelled is recovered', async () => {
    const { eventId } = await retrying();
    await doneJob(story.api, CANCEL, { webhookId });
    receiver.answer({});
    const ask = { webhookId, since: anHourAgo(), status: 'cancelled' };
    const { progress } = await doneJob(story.api, '/v1/deliveries/recover', ask);
    expect(progress).toEqual({ lookedAt: 1, reopened: 1 });
    expect(await story.settled(eventId, 'delivered')).toMatchObject({ attemptCount: 2 });
  });

  it('is refused for a webhook that is not there', async () => {
    expect((await story.api.post(CANCEL, { webhookId: NOWHERE })).status).toBe(404);
  });
});
