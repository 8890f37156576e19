import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { Story } from './deliver.fixture.js';

let server: TestServer;
let receiver: Receiver;
let story: Story;

// A lease is shorter than the wait for a limit, so that it has to be renewed meanwhile.
const SETTINGS = { BUGLE_LEASE_MS: '3000', BUGLE_ATTEMPT_TIMEOUT_MS: '1000' };
/** Between counting a request and writing down when it began. */
const TOLERANCE_MS = 50;

beforeAll(async () => {
  server = await startTestServer(SETTINGS);
});
afterAll(() => server.stop());
beforeEach(async () => {
  receiver = await Receiver.start();
  story = new Story((await server.newWorkspace()).api);
});
afterEach(() => receiver.stop());

const publishMany = (count: number) =>
  Promise.all(Array.from({ length: count }, () => story.publish()));

it('no more requests arrive than the limit allows, each as the first attempt of its delivery', async () => {
  await story.webhook(receiver.url, { rateLimit: { requests: 3, seconds: 1 } });
  const events = await publishMany(8);
  await receiver.received(8);
  const settled = await Promise.all(events.map((event) => story.settled(event, 'delivered', 1)));
  const times = settled.map(({ attempts }) => Date.parse(attempts[0]?.startedAt ?? ''));
  const [first = 0, , , fourth = 0, , , seventh = 0] = times.toSorted((a, b) => a - b);
  expect(fourth - first).toBeGreaterThanOrEqual(1000 - TOLERANCE_MS);
  expect(seventh - fourth).toBeGreaterThanOrEqual(1000 - TOLERANCE_MS);
});

it('what waits in its lane stays the worker’s own for longer than one lease', async () => {
  await story.webhook(receiver.url, { rateLimit: { requests: 1, seconds: 4 } });
  const events = await publishMany(2);
  await receiver.received(2);
  for (const event of events) {
    const { attempts } = await story.settled(event, 'delivered', 1);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['delivered']);
  }
});

it('what has to wait for long goes back into the queue, its attempt not used up, and others go on', async () => {
  const limited = await story.webhook(receiver.url, { rateLimit: { requests: 2, seconds: 3600 } });
  const neighbour = await Receiver.start();
  await publishMany(5);
  const waiting = await until('three wait in the queue', async () => {
    const rows = await server.query<{ attempt: number }>(
      `SELECT attempt FROM delivery_queue
       WHERE webhook_id = $1 AND holder IS NULL AND due_at > now() + interval '30 seconds'`,
      [limited.id],
    );
    return rows.length === 3 && rows;
  });
  expect(waiting).toEqual([{ attempt: 0 }, { attempt: 0 }, { attempt: 0 }]);
  await story.webhook(neighbour.url);
  await story.publish();
  await neighbour.received(1);
  expect(receiver.requests).toHaveLength(2);
  await neighbour.stop();
});
