import { newId } from '../../src/database/ids.js';
import { NOWHERE } from '../support/builders.js';
import type { Answer, ProblemBody } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { type DeliveryBody, Story } from './deliver.fixture.js';
import { AGES_AGO, anHourAgo, doneJob, ended, type JobBody } from './job.fixture.js';

let server: TestServer;
let receiver: Receiver;
let story: Story;
let webhookId: string;

beforeAll(async () => {
  server = await startTestServer({
    BUGLE_RETRY_SCHEDULE: '0.01',
    BUGLE_RETRY_JITTER: '0',
    BUGLE_BREAKER_FAILURES: '0',
  });
});
afterAll(() => server.stop());
beforeEach(async () => {
  receiver = await Receiver.start({ status: 500 });
  story = new Story((await server.newWorkspace()).api);
  webhookId = (await story.webhook(receiver.url)).id;
});
afterEach(() => receiver.stop());

const RECOVER = '/v1/deliveries/recover';

const recover = (fields: object = {}): Promise<JobBody> =>
  doneJob(story.api, RECOVER, { webhookId, since: anHourAgo(), ...fields });

const ask = (fields: object): Promise<Answer<ProblemBody & { count: number; atLeast: boolean }>> =>
  story.api.post(RECOVER, { webhookId, since: anHourAgo(), ...fields });

/** So many events whose deliveries are given up after two attempts. */
async function exhausted(count: number): Promise<DeliveryBody[]> {
  const given: DeliveryBody[] = [];
  for (let n = 0; n < count; n++)
    given.push(await story.settled(await story.publish({ n }), 'exhausted'));
  return given;
}

/** The status of each, once none waits. */
const settledStatuses = () =>
  until('nothing waits', async () => {
    const statuses = (await story.deliveries()).map(({ status }) => status);
    return statuses.every((status) => !/pending|sending|retrying/.test(status)) && statuses;
  });

describe('recovering a webhook', () => {
  it('sends the same bytes under the same ids, marked as by hand', async () => {
    await exhausted(3);
    const before = [...receiver.requests];
    receiver.answer({});
    const job = await recover();
    expect(job).toMatchObject({
      kind: 'deliveries.recover',
      status: 'done',
      progress: { lookedAt: 3, reopened: 3 },
      error: null,
    });
    expect(await settledStatuses()).toEqual(['delivered', 'delivered', 'delivered']);
    const again = receiver.requests.slice(before.length);
    expect(again).toHaveLength(3);
    for (const { headers, body } of again) {
      const first = before.find((one) => one.headers['webhook-id'] === headers['webhook-id']);
      expect(body).toBe(first?.body);
    }
    const [one] = await story.deliveries();
    const { attempts } = await story.delivery(one?.id ?? '');
    expect(attempts.map(({ trigger }) => trigger)).toEqual(['automatic', 'automatic', 'manual']);
  });

  it('gives each its whole schedule again, and goes on counting its attempts', async () => {
    const [delivery] = await exhausted(1);
    await recover();
    const { attempts } = await story.settled(delivery?.eventId ?? '', 'exhausted', 4);
    expect(attempts.map(({ number, trigger }) => `${number} ${trigger}`)).toEqual([
      '1 automatic',
      '2 automatic',
      '3 manual',
      '4 automatic',
    ]);
  });

  it('asked for again, sends nothing again', async () => {
    await exhausted(2);
    receiver.answer({});
    await recover();
    await settledStatuses();
    const requests = receiver.requests.length;
    expect((await recover()).progress).toEqual({ lookedAt: 2, reopened: 0 });
    expect(receiver.requests).toHaveLength(requests);
  });

  it('leaves alone what waits for its turn', async () => {
    await exhausted(2);
    receiver.answer({ hang: true });
    await Promise.all([recover(), recover({ limit: 9_000 }), recover({ limit: 8_000 })]);
    const rows = await server.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM delivery_queue WHERE webhook_id = $1 GROUP BY delivery_id',
      [webhookId],
    );
    expect(rows).toEqual([{ n: 1 }, { n: 1 }]);
    expect(await recover({ limit: 7_000 })).toMatchObject({ progress: { reopened: 0 } });
  });

  it('counts first, when told so', async () => {
    await exhausted(2);
    const { status, body } = await ask({ dryRun: true });
    expect({ status, body }).toEqual({ status: 200, body: { count: 2, atLeast: false } });
    expect(await settledStatuses()).toEqual(['exhausted', 'exhausted']);
    expect((await story.api.get<{ data: JobBody[] }>('/v1/jobs')).body.data).toEqual([]);
  });

  it('keeps to the period and to the limit, oldest event first', async () => {
    const deliveries = await exhausted(4);
    receiver.answer({});
    const at = (index: number) => {
      const id = deliveries[index]?.id.replaceAll('-', '').slice(0, 12) ?? '';
      return new Date(Number.parseInt(id, 16)).toISOString();
    };
    await recover({ since: at(1), until: at(3), limit: 1 });
    expect(await settledStatuses()).toEqual(['exhausted', 'exhausted', 'delivered', 'exhausted']);
    await recover({ since: at(1), until: at(3) });
    expect(await settledStatuses()).toEqual(['exhausted', 'delivered', 'delivered', 'exhausted']);
  });

  it('makes full use of its limit, whatever turns out to be in the queue already', async () => {
    await manyExhausted(4);
    receiver.answer({});
    await server.query(
      `INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger)
       SELECT id, webhook_id, now() + interval '1 hour', 2, 'manual' FROM deliveries
       WHERE webhook_id = $1 ORDER BY id LIMIT 1`,
      [webhookId],
    );
    expect((await recover({ limit: 2 })).progress).toEqual({ lookedAt: 3, reopened: 2 });
    await receiver.received(2);
  });

  it('keeps the order of the events, where the webhook wants that', async () => {
    await server.query('UPDATE webhooks SET ordered = true WHERE id = $1', [webhookId]);
    const deliveries = await exhausted(2);
    receiver.answer({ hang: true });
    await recover();
    const rows = await server.query(
      'SELECT order_key AS key, order_by AS by FROM delivery_queue WHERE webhook_id = $1 ORDER BY 2',
      [webhookId],
    );
    expect(rows).toEqual(deliveries.map(({ eventId }) => ({ key: '', by: eventId })));
  });

  it('goes on page by page', async () => {
    await manyExhausted(2_500);
    receiver.answer({});
    const job = await story.api.make<JobBody>(RECOVER, { webhookId, since: anHourAgo() });
    const done = await ended(story.api, job, 20_000);
    expect(done.progress).toEqual({ lookedAt: 2_500, reopened: 2_500 });
    await receiver.received(2_500, 20_000);
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(2_500);
  });
});

const recoverAll = (fields: object = {}): Promise<JobBody> =>
  recover({ webhookId: undefined, ...fields });

describe('recovering without a webhook', () => {
  it('sends again what every enabled webhook of the workspace has missed, and what no other has', async () => {
    await manyExhausted(2);
    const others = [await story.webhook(receiver.url), await story.webhook(receiver.url)];
    for (const { id } of others) await manyExhausted(1, id);
    await story.api.patch(`/v1/webhooks/${others[1]?.id}`, { enabled: false });
    const stranger = new Story((await server.newWorkspace()).api);
    await manyExhausted(1, (await stranger.webhook(receiver.url)).id);
    receiver.answer({});

    const counted = await ask({ webhookId: undefined, dryRun: true });
    expect(counted.body).toEqual({ count: 3, atLeast: false });
    const job = await recoverAll();
    expect(job).toMatchObject({
      input: { webhookId: null },
      progress: { lookedAt: 4, reopened: 3 },
    });
    await until('three are delivered', async () => {
      return (await story.deliveries({ status: 'delivered' })).length === 3;
    });
    expect(
      await story.deliveries({ webhookId: others[1]?.id ?? '', status: 'exhausted' }),
    ).toHaveLength(1);
    expect(await stranger.deliveries({ status: 'exhausted' })).toHaveLength(1);
    expect((await recoverAll()).progress).toEqual({ lookedAt: 4, reopened: 0 });
  });

  it('keeps to its limit, oldest event first', async () => {
    await manyExhausted(2);
    const other = await story.webhook(receiver.url);
    await manyExhausted(2, other.id);
    receiver.answer({});
    expect((await recoverAll({ limit: 3 })).progress).toEqual({ lookedAt: 3, reopened: 3 });
    expect(await settledStatuses()).toEqual(['exhausted', 'delivered', 'delivered', 'delivered']);
  });

  it('goes past what is disabled without using up its limit', async () => {
    const disabled = await story.webhook(receiver.url);
    await manyExhausted(1_200, disabled.id);
    await story.api.patch(`/v1/webhooks/${disabled.id}`, { enabled: false });
    await manyExhausted(2);
    receiver.answer({});
    const { progress } = await recoverAll({ limit: 1 });
    expect(progress).toEqual({ lookedAt: 1_201, reopened: 1 });
    await receiver.received(1);
  });
});

/** Deliveries that were given up, straight into the table. */
async function manyExhausted(count: number, of = webhookId): Promise<void> {
  await server.query(
    `INSERT INTO deliveries (id, workspace_id, event_id, event_type, webhook_id, revision, status, body,
       attempt_count, created_at, updated_at)
     SELECT id, workspace_id, id, 'user.created', wanted_id, 1, 'exhausted', '{}', 2, now(), now()
     FROM unnest($1::uuid[]) AS id, (SELECT id AS wanted_id, workspace_id FROM webhooks WHERE id = $2) w`,
    [Array.from({ length: count }, () => newId()), of],
  );
}

describe('recovering is refused', () => {
  it('for what could not be rendered, with the reason', async () => {
    const { status, body } = await ask({ status: 'failed' });
    expect([status, body.code]).toEqual([422, 'invalid_input']);
    expect(body.detail).toMatch(/could not be rendered.*replay/);
  });

  it('for what is not kept any more', async () => {
    const { status, body } = await ask({ since: AGES_AGO });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path: 'since', code: 'not_kept' }]);
    expect(body.detail).toMatch(/30 days \(BUGLE_RETENTION_DAYS\)/);
  });

  it('for a webhook that is disabled or not there', async () => {
    await story.api.patch(`/v1/webhooks/${webhookId}`, { enabled: false });
    expect(await ask({})).toMatchObject({ status: 409, body: { code: 'webhook_disabled' } });
    expect(await ask({ webhookId: NOWHERE })).toMatchObject({ status: 404 });
    const stranger = (await server.newWorkspace()).api;
    const theirs = await stranger.post(RECOVER, { webhookId, since: anHourAgo() });
    expect(theirs.status).toBe(404);
  });

  it('for a period that ends before it begins, and for fields that it does not have', async () => {
    expect((await ask({ until: AGES_AGO })).status).toBe(422);
    expect((await ask({ statuses: [] })).status).toBe(422);
    expect((await ask({ limit: 100_001 })).status).toBe(422);
  });
});
