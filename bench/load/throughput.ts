import { setTimeout as pause } from 'node:timers/promises';
import type { Subject } from '../subject.js';
import { eventBody } from '../scenarios.js';
import { type KeepAliveClient, postRequest } from './client.js';

/** What one run of the throughput load gave. */
export interface ThroughputResult {
  events: number;
  seconds: number;
  /** Accepted, delivered and settled per second, from the first POST to the last settlement. */
  eventsPerSecond: number;
  /** CPU time of the server process per event, in microseconds. */
  cpuMicrosPerEvent: number;
  rss: number;
  peakRss: number;
}

const DEADLINE_MS = 120_000;
const BODIES = 500;

/** Posts `events` events from all clients, each at once again when it is answered, and waits for the last settlement. */
export async function measureThroughput(
  subject: Subject,
  clients: readonly KeepAliveClient[],
  events: number,
): Promise<ThroughputResult> {
  const requests = Array.from({ length: BODIES }, (_, number) =>
    postRequest('/v1/events', subject.key, eventBody(number)),
  );
  const before = await subject.server.usage();
  const settledBefore = await subject.database.settledAttempts();
  const started = performance.now();
  const expected = subject.receiver.count + events;
  await postAll(clients, requests, events);
  await withDeadline(subject.receiver.received(expected), subject);
  await settled(subject, settledBefore + events);
  const seconds = (performance.now() - started) / 1000;
  const after = await subject.server.usage();
  if (subject.receiver.repeated > 0) throw new Error('A delivery has come twice.');
  return {
    events,
    seconds,
    eventsPerSecond: events / seconds,
    cpuMicrosPerEvent: (after.cpuMicros - before.cpuMicros) / events,
    rss: after.rss,
    peakRss: after.peakRss,
  };
}

async function postAll(
  clients: readonly KeepAliveClient[],
  requests: readonly Buffer[],
  events: number,
): Promise<void> {
  let next = 0;
  const post = async (client: KeepAliveClient): Promise<void> => {
    while (next < events) {
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
