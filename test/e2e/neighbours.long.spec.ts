import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { firstIdAt } from '../../src/database/ids.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { Story } from './deliver.fixture.js';
import { eventIdOf } from './load.fixture.js';

/** Whoever waited for a hung request would wait for this long, at least. */
const TIMEOUT_MS = 15_000;
/** What a healthy neighbour's delivery may take, with everything of this spec going on in one process. */
const BOUND_MS = 3_000;
const EVENTS = 20;

let server: TestServer;
let healthy: Receiver;
let other: Story;

beforeEach(async () => {
  server = await startTestServer({
    BUGLE_IN_FLIGHT: '16',
    BUGLE_IN_FLIGHT_PER_WEBHOOK: '4',
    BUGLE_ATTEMPT_TIMEOUT_MS: String(TIMEOUT_MS),
  });
  healthy = await Receiver.start();
  other = new Story((await server.newWorkspace()).api);
});
afterEach(async () => {
  await server.stop();
  await healthy.stop();
});

/** The longest time from a publication's answer to its arrival at the healthy receiver, in milliseconds. */
async function longestWait(story: Story): Promise<number> {
  const published = new Map<string, number>();
  for (let n = 0; n < EVENTS; n++) published.set(await story.publish(), Date.now());
  const requests = await healthy.received(EVENTS, 2 * TIMEOUT_MS);
  const waits = requests.map((request) => {
    return request.receivedAt - (published.get(eventIdOf(request)) ?? 0);
  });
  return Math.max(...waits);
}

/** Answers with a byte now and then, for ever. */
async function startDripping(): Promise<{ url: string; drips: () => number; server: Server }> {
  let drips = 0;
  const dripping = createServer((_, response) => {
    drips += 1;
    response.writeHead(200, { 'content-length': '1000000' });
    const timer = setInterval(() => response.write('.'), 50);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve));
  const { port } = dripping.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, drips: () => drips, server: dripping };
}

it('20 targets that hang do not delay another workspace', async () => {
  const hanging = await Receiver.start({ hang: true });
  const story = new Story((await server.newWorkspace()).api);
  for (let n = 0; n < 20; n++) await story.webhook(hanging.url);
  for (let n = 0; n < 10; n++) await story.publish();
  await hanging.received(8);
  await other.webhook(healthy.url);
  expect(await longestWait(other)).toBeLessThan(BOUND_MS);
  // They had what they may have: no more than half of all at once.
  expect(hanging.requests.length).toBeLessThanOrEqual(10);
  await hanging.stop();
});

it('a target that hangs does not delay another webhook of the same workspace', async () => {
  const hanging = await Receiver.start({ hang: true });
  await other.webhook(hanging.url);
  await other.webhook(healthy.url);
  expect(await longestWait(other)).toBeLessThan(BOUND_MS);
  expect(hanging.requests).toHaveLength(4);
  await hanging.stop();
});

it('nor does one that drips its body', async () => {
  const dripping = await startDripping();
  await other.webhook(dripping.url);
  await other.webhook(healthy.url);
  expect(await longestWait(other)).toBeLessThan(BOUND_MS);
  expect(dripping.drips()).toBe(4);
  dripping.server.closeAllConnections();
  dripping.server.close();
});

it('nor does one with 100,000 deliveries due', async () => {
  const crowded = await Receiver.start();
  const { id } = await other.webhook(crowded.url, { events: [] });
  await storeDue(id, 100_000);
  await crowded.received(100);
  await other.webhook(healthy.url);
  expect(await longestWait(other)).toBeLessThan(BOUND_MS);
  const [queue] = await server.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM delivery_queue WHERE webhook_id = $1',
    [id],
  );
  expect(queue?.n).toBeGreaterThan(10_000);
  await server.query('DELETE FROM delivery_queue');
  await until('what was under way has ended', async () => {
    const rows = await server.query('SELECT FROM delivery_queue');
    return rows.length === 0;
  });
  await crowded.stop();
}, 120_000);

/** Deliveries that have been due for a while. */
async function storeDue(webhookId: string, count: number): Promise<void> {
  const prefix = firstIdAt(Date.now()).slice(0, 14);
  await server.query(
    `WITH stored AS (
       INSERT INTO deliveries (id, workspace_id, event_id, event_type, webhook_id, revision, status, body,
         next_attempt_at, created_at, updated_at)
       SELECT ids.id, w.workspace_id, ids.id, 'user.created', w.id, 1, 'pending', '{}', now(), now(), now()
       FROM webhooks w CROSS JOIN LATERAL (
         SELECT ($2 || substr(gen_random_uuid()::text, 15))::uuid AS id FROM generate_series(1, $3::integer)) AS ids
       WHERE w.id = $1 RETURNING id, webhook_id)
     INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger)
     SELECT id, webhook_id, now() - interval '1 minute', 0, 'automatic' FROM stored`,
    [webhookId, prefix, count],
  );
}
