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

/** Open loop: events are posted at a fixed rate, however long the answers take. */
export async function measureLatency(
  { key, receiver }: Subject,
  clients: readonly KeepAliveClient[],
  { events, perSecond, fanOut = 1 }: { events: number; perSecond: number; fanOut?: number },
): Promise<LatencyResult> {
  const posted: number[] = [];
  const accepted: number[] = [];
  const arrived: { number: number; at: number }[] = [];
  receiver.onArrival = (number) => void arrived.push({ number, at: performance.now() });
  const free = [...clients];
  const answers: Promise<void>[] = [];
  const expected = receiver.count + events * fanOut;
  const started = performance.now();
  for (let number = 0; number < events; number++) {
    const due = started + (number * 1000) / perSecond;
    if (due > performance.now()) await pause(due - performance.now());
    const client = free.shift();
    if (!client) throw new Error('The server is too slow for this rate: no free connection.');
    posted[number] = performance.now();
    const answer = client.send(postRequest('/v1/events', key, eventBody(number)));
    answers.push(
      answer.then(({ status }) => {
        if (status !== 202) throw new Error(`An event was answered ${status}.`);
        accepted[number] = performance.now();
        free.push(client);
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

function percentiles(values: number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
