import { setTimeout as pause } from 'node:timers/promises';
import { eventBody } from '../scenarios.js';
import type { Subject } from '../subject.js';
import { type KeepAliveClient, postRequest } from './client.js';

/** Percentiles, in milliseconds. */
export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** What one run of the latency load gave. */
export interface LatencyResult {
  events: number;
  perSecond: number;
  /** From the 202 to the request at the receiver; 0 where the request was there first. */
  accepted: Percentiles;
  /** From sending the POST to the request at the receiver. */
  posted: Percentiles;
}

const DEADLINE_MS = 30_000;
const MAX_BEHIND_MS = 5000;

/**
 * Open loop: events are due at a fixed rate, however long the answers take. One that waits for a free connection counts as
 * posted when it was due.
 *
 * @throws Error when the server falls seconds behind the rate
 */
export async function measureLatency(
  { key, receiver }: Subject,
  clients: readonly KeepAliveClient[],
  { events, perSecond, fanOut = 1 }: { events: number; perSecond: number; fanOut?: number },
): Promise<LatencyResult> {
  const posted: number[] = [];
  const accepted: number[] = [];
  const arrived: { number: number; at: number }[] = [];
  receiver.onArrival = (number) => void arrived.push({ number, at: performance.now() });
  const free = new FreeClients(clients);
  const answers: Promise<void>[] = [];
  const expected = receiver.count + events * fanOut;
  const started = performance.now();
  for (let number = 0; number < events; number++) {
    const due = started + (number * 1000) / perSecond;
    if (due > performance.now()) await pause(due - performance.now());
    const client = await free.take();
    posted[number] = due;
    if (performance.now() > due + MAX_BEHIND_MS) throw new Error(`${perSecond}/s is too much.`);
    const answer = client.send(postRequest('/v1/events', key, eventBody(number)));
    answers.push(
      answer.then(({ status }) => {
        if (status !== 202) throw new Error(`An event was answered ${status}.`);
        accepted[number] = performance.now();
        free.giveBack(client);
      }),
    );
  }
  await Promise.all(answers);
  await Promise.race([receiver.received(expected), pause(DEADLINE_MS, undefined, { ref: false })]);
  receiver.onArrival = undefined;
  const since = (times: readonly number[]) =>
    percentiles(arrived.map(({ number, at }) => Math.max(0, at - (times[number] ?? NaN))));
  return { events, perSecond, accepted: since(accepted), posted: since(posted) };
}

/** Connections that nobody uses; who finds none waits for the next one. */
class FreeClients {
  private readonly idle: KeepAliveClient[];
  private waiting: ((client: KeepAliveClient) => void) | undefined;

  constructor(clients: readonly KeepAliveClient[]) {
    this.idle = [...clients];
  }

  async take(): Promise<KeepAliveClient> {
    return this.idle.shift() ?? new Promise((resolve) => (this.waiting = resolve));
  }

  giveBack(client: KeepAliveClient): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) waiting(client);
    else this.idle.push(client);
  }
}

function percentiles(values: number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
