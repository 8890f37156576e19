import { setTimeout as pause } from 'node:timers/promises';
import type { Subject } from '../subject.js';
import { eventBody } from '../scenarios.js';
import { type KeepAliveClient, postRequest } from './client.js';

/** What is posted, and what becomes of it. */
export interface Load {
  events: number;
  /** Events in one request; 1 where it is not said. */
  batch?: number;
  /** Deliveries that come of one event; 1 where it is not said. */
  fanOut?: number;
}

/** What one run of the throughput load gave. CPU times are of each event, in microseconds. */
export interface ThroughputResult {
  events: number;
  seconds: number;
  /** Accepted, delivered and settled per second, from the first POST to the last settlement. */
  eventsPerSecond: number;
  /** Of all threads of the server process. */
  cpuMicrosPerEvent: number;
  /** Of all processes of PostgreSQL; NaN where the system does not tell it. */
  postgresMicrosPerEvent: number;
  /** Of the load generator and the receiver, which are the same work whatever is measured: a busy machine shows here. */
  loadMicrosPerEvent: number;
  rss: number;
  peakRss: number;
}

const DEADLINE_MS = 120_000;
const BODIES = 500;

/** Posts events from all clients, each at once again when it is answered, and waits for the last settlement. */
export async function measureThroughput(
  subject: Subject,
  clients: readonly KeepAliveClient[],
  { events, batch = 1, fanOut = 1 }: Load,
): Promise<ThroughputResult> {
  const requests = batch === 1 ? singleRequests(subject.key) : [batchRequest(subject.key, batch)];
  const before = await used(subject);
  const settledBefore = await subject.database.settledAttempts();
  const started = performance.now();
  const expected = subject.receiver.count + events * fanOut;
  await postAll(clients, requests, events / batch);
  await withDeadline(subject.receiver.received(expected), subject);
  await settled(subject, settledBefore + events * fanOut);
  const seconds = (performance.now() - started) / 1000;
  const after = await used(subject);
  if (subject.receiver.repeated > 0) throw new Error('A delivery has come twice.');
  return {
    events,
    seconds,
    eventsPerSecond: events / seconds,
    cpuMicrosPerEvent: (after.server - before.server) / events,
    postgresMicrosPerEvent: (after.postgres - before.postgres) / events,
    loadMicrosPerEvent: (after.load - before.load) / events,
    rss: after.rss,
    peakRss: after.peakRss,
  };
}

async function used({ server, database }: Subject) {
  const { cpuMicros, rss, peakRss } = await server.usage();
  const { user, system } = process.cpuUsage();
  return {
    server: cpuMicros,
    postgres: await database.cpuMicros(),
    load: user + system,
    rss,
    peakRss,
  };
}

function singleRequests(key: string): Buffer[] {
  return Array.from({ length: BODIES }, (_, number) =>
    postRequest('/v1/events', key, eventBody(number)),
  );
}

function batchRequest(key: string, size: number): Buffer {
  const events = Array.from({ length: size }, (_, number) => eventBody(number));
  return postRequest('/v1/events/batch', key, `{"events":[${events.join(',')}]}`);
}

async function postAll(
  clients: readonly KeepAliveClient[],
  requests: readonly Buffer[],
  count: number,
): Promise<void> {
  let next = 0;
  const post = async (client: KeepAliveClient): Promise<void> => {
    while (next < count) {
      const request = requests[next++ % requests.length];
      const { status, body } = await client.send(request ?? Buffer.alloc(0));
      if (status !== 202) throw new Error(`An event was answered ${status}: ${body}`);
    }
  };
  await Promise.all(clients.map(post));
}

async function settled({ database }: Subject, count: number): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while ((await database.settledAttempts()) < count) {
    if (performance.now() > deadline) throw new Error('Not every delivery was settled.');
    await pause(2);
  }
}

async function withDeadline(arrival: Promise<void>, { receiver }: Subject): Promise<void> {
  const abort = new AbortController();
  const late = pause(DEADLINE_MS, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`Not every event was delivered: ${receiver.count} requests have come.`);
  });
  await Promise.race([arrival, late]).finally(() => abort.abort());
}
