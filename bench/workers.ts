import { measureThroughput } from './load/throughput.js';
import { type Bench, median, webhook, withSubject } from './measurements.js';
import { redisUrl } from './redis.js';

const WEBHOOKS = 10;
const BATCH = 100;
const CLIENTS = 4;

/** Deliveries per second of each round. */
export interface WorkersComparison {
  one: number[];
  two: number[];
  ratio: number;
}

/** One process takes events in, and one or two others dispatch and send. Undefined where there is no redis-server. */
export async function compareWorkers(
  bench: Bench,
  progress: (text: string) => void,
): Promise<WorkersComparison | undefined> {
  const url = await redisUrl(bench);
  if (!url) return undefined;
  const one: number[] = [];
  const two: number[] = [];
  for (let round = 1; round <= bench.plan.rounds; round++) {
    one.push(await deliveries(bench, url, 1));
    two.push(await deliveries(bench, url, 2));
    progress(
      `workers, round ${round}: one ${Math.round(one.at(-1) ?? 0)} deliveries/s, ` +
        `two ${Math.round(two.at(-1) ?? 0)}`,
    );
  }
  return { one, two, ratio: median(two.map((rate, round) => rate / (one[round] ?? NaN))) };
}

function deliveries(bench: Bench, url: string, workers: number): Promise<number> {
  const setup = { scenario: webhook(), webhooks: WEBHOOKS, workers, env: { REDIS_URL: url } };
  return withSubject(bench, { name: 'bugle', ...setup }, async (subject, clients) => {
    const some = clients.slice(0, CLIENTS);
    const load = { batch: BATCH, fanOut: WEBHOOKS };
    await measureThroughput(subject, some, { ...load, events: bench.plan.warmUp / WEBHOOKS });
    const events = bench.plan.events / WEBHOOKS;
    const { eventsPerSecond } = await measureThroughput(subject, some, { ...load, events });
    return eventsPerSecond * WEBHOOKS;
  });
}
