import { Client } from '../support/client.js';
import { Receiver, type ReceivedRequest } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { Story } from './deliver.fixture.js';

let server: TestServer;
let receiver: Receiver;
let story: Story;

beforeAll(async () => {
  server = await startTestServer({
    BUGLE_RETRY_SCHEDULE: '0.05,0.05',
    BUGLE_RETRY_JITTER: '0',
    BUGLE_BREAKER_FAILURES: '0',
  });
});
afterAll(() => server.stop());
beforeEach(async () => {
  receiver = await Receiver.start();
  story = new Story((await server.newWorkspace()).api);
});
afterEach(() => receiver.stop());

interface Step {
  id: string;
  step: number;
}

const byId = { ordered: true, orderingKey: 'data.id' };
const stepOf = ({ body }: ReceivedRequest): Step => (JSON.parse(body) as { data: Step }).data;

/** Publishes so many steps of each of these, one after the other in one batch. */
async function publishSteps(ids: readonly string[], steps: number): Promise<void> {
  const events = Array.from({ length: steps }, (_, step) =>
    ids.map((id) => ({ type: 'user.created', data: { id, step } })),
  ).flat();
  const { status } = await story.api.post('/v1/events/batch', { events });
  expect(status).toBe(202);
}

/** The steps of one id in the order in which they arrived. */
const stepsOf = (id: string): number[] =>
  receiver.requests
    .map(stepOf)
    .filter((data) => data.id === id)
    .map(({ step }) => step);

const inOrder = (steps: number): number[] => Array.from({ length: steps }, (_, step) => step);

/** Resolves when nothing is left to dispatch or to send. */
const finished = () =>
  until('nothing waits', async () => {
    const { event_outbox: events, delivery_queue: deliveries } = await server.rowCounts();
    return events === 0 && deliveries === 0;
  });

it('with the same key each waits for the one before, whatever that one needs, and no others do', async () => {
  await story.webhook(receiver.url, byId);
  const tried = new Map<string, number>();
  receiver.answer((request) => {
    const { id, step } = stepOf(request);
    const name = `${id} ${step}`;
    tried.set(name, (tried.get(name) ?? 0) + 1);
    const isFailing = step % 5 === 2 && tried.get(name) === 1;
    return { status: isFailing ? 500 : 200, delayMs: (step * 7) % 20 };
  });
  const ids = ['a', 'b', 'c', 'd'];
  await publishSteps(ids, 20);
  await finished();
  const expected = inOrder(20).flatMap((step) => (step % 5 === 2 ? [step, step] : [step]));
  for (const id of ids) expect(stepsOf(id)).toEqual(expected);
});

it('two servers keep the order together', async () => {
  await story.webhook(receiver.url, byId);
  const second = await server.join();
  const there = new Story(new Client(second.address, story.api.key));
  const ids = ['a', 'b', 'c'];
  for (let step = 0; step < 30; step++) {
    const publisher = step % 2 === 0 ? story : there;
    for (const id of ids) await publisher.publish({ id, step });
  }
  await finished();
  for (const id of ids) expect(stepsOf(id)).toEqual(inOrder(30));
  await second.stop();
});

it('without a key all deliveries of the webhook are in order', async () => {
  await story.webhook(receiver.url, { ordered: true });
  receiver.answer((_, index) => ({ delayMs: index === 0 ? 100 : 0 }));
  await publishSteps(['a', 'b'], 10);
  await finished();
  const arrived = receiver.requests.map(stepOf).map(({ id, step }) => `${step}${id}`);
  expect(arrived).toEqual(arrived.toSorted((one, two) => parseInt(one) - parseInt(two)));
});

it('one that is exhausted lets the next one go', async () => {
  await story.webhook(receiver.url, byId);
  receiver.answer((request) => ({ status: stepOf(request).step === 0 ? 500 : 200 }));
  await publishSteps(['a'], 2);
  await finished();
  expect(stepsOf('a')).toEqual([0, 0, 0, 1]);
});

it('a webhook that was disabled and enabled goes on where it was', async () => {
  const { id } = await story.webhook(receiver.url, byId);
  receiver.answer({ status: 500 });
  await publishSteps(['a'], 3);
  await receiver.received(1);
  await story.api.patch(`/v1/webhooks/${id}`, { enabled: false });
  receiver.answer({});
  await story.api.patch(`/v1/webhooks/${id}`, { enabled: true });
  await finished();
  expect([...new Set(stepsOf('a'))]).toEqual([0, 1, 2]);
});

it('the deliveries of one key follow each other without waiting for a sweep', async () => {
  await story.webhook(receiver.url, byId);
  await publishSteps(['a'], 100);
  await receiver.received(1);
  const started = performance.now();
  await receiver.received(100, 20_000);
  expect((performance.now() - started) / 99).toBeLessThan(100);
});

it('a delivery that is sent again by hand goes at once, out of the order', async () => {
  await story.webhook(receiver.url, byId);
  const first = await story.publish({ id: 'a', step: 0 });
  const { id } = await story.settled(first, 'delivered');
  receiver.answer((request) => ({ hang: stepOf(request).step === 1 }));
  await story.publish({ id: 'a', step: 1 });
  await receiver.received(2);
  await story.api.post(`/v1/deliveries/${id}/redeliver`, {});
  await receiver.received(3);
  expect(stepsOf('a')).toEqual([0, 1, 0]);
});

it('however many keys wait for their next attempt, another one has its turn', async () => {
  const { id } = await story.webhook(receiver.url, byId);
  await server.query(
    `INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger, order_key, order_by)
     SELECT gen_random_uuid(), $1, now() + interval '1 hour', 1, 'automatic', '!' || n, gen_random_uuid()
     FROM generate_series(1, 3000) AS n`,
    [id],
  );
  await publishSteps(['y', 'z'], 3);
  await receiver.received(6);
  expect([stepsOf('y'), stepsOf('z')]).toEqual([inOrder(3), inOrder(3)]);
  await server.query('DELETE FROM delivery_queue WHERE webhook_id = $1', [id]);
});

it('what was queued before the webhook became ordered is not forgotten', async () => {
  const { id } = await story.webhook(receiver.url, byId);
  receiver.answer((request) => ({ hang: stepOf(request).step === 0 }));
  await publishSteps(['a'], 3);
  await receiver.received(1);
  const loosen = `UPDATE delivery_queue SET order_key = NULL, order_by = NULL WHERE webhook_id = $1 AND holder IS NULL RETURNING 1`;
  await until('two wait', async () => (await server.query(loosen, [id])).length === 2);
  // Its queue is gone through anew after each change of a webhook, as after the one that makes it ordered.
  await story.api.patch(`/v1/webhooks/${id}`, byId);
  await receiver.received(3);
  expect(new Set(stepsOf('a'))).toEqual(new Set([0, 1, 2]));
});
