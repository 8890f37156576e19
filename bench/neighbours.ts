import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { measureLatency, type Percentiles } from './load/latency.js';
import { type Bench, webhook, withSubject } from './measurements.js';

const HEALTHY = 99;
const EVENTS_PER_SECOND = 2;
/** Longer than an attempt may take, so that the hung target is tried more than once. */
const SECONDS = 20;

/** From the 202 to the requests at the healthy targets, in milliseconds. */
export interface NeighbourComparison {
  without: Percentiles;
  with: Percentiles;
  /** Of the two p99. */
  ratio: number;
}

/** What 99 healthy targets notice of one that takes every request and never answers. */
export async function compareNeighbours(
  bench: Bench,
  progress: (text: string) => void,
): Promise<NeighbourComparison> {
  const hung = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(hung, 'listening');
  const stop = bench.cleanup.add(() => {
    hung.closeAllConnections();
    hung.close();
  });
  const url = `http://127.0.0.1:${(hung.address() as AddressInfo).port}/`;
  progress(`${HEALTHY} healthy targets`);
  const without = await healthyLatency(bench, []);
  progress(`${HEALTHY} healthy targets and one that hangs`);
  const withHung = await healthyLatency(bench, [url]);
  await stop();
  return { without, with: withHung, ratio: withHung.p99 / without.p99 };
}

function healthyLatency(bench: Bench, others: readonly string[]): Promise<Percentiles> {
  const setup = { name: 'bugle', scenario: webhook(), webhooks: HEALTHY, others } as const;
  return withSubject(bench, setup, async (subject, clients) => {
    const rate = { perSecond: EVENTS_PER_SECOND, fanOut: HEALTHY };
    await measureLatency(subject, clients, { ...rate, events: EVENTS_PER_SECOND });
    const events = EVENTS_PER_SECOND * SECONDS;
    return (await measureLatency(subject, clients, { ...rate, events })).accepted;
  });
}
