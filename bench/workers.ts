import { measureThroughput } from './load/throughput.js';
import { type Bench, median, webhook, withSubject } from './measurements.js';
import { redisUrl } from './redis.js';

const WEBHOOKS = 10;
const BATCH = 100;
const CLIENTS = 4;

/** What bounds the workers. */
interface Bound {
  title: string;
  /** How long receivers take to answer, in milliseconds. */
  answerAfterMs: number;
  /** Deliveries measured, as a share of the plan's events: those that wait for answers take long. */
  share: number;
}

const BOUNDS: readonly Bound[] = [
  { title: 'receivers answer at once: the processors are full', answerAfterMs: 0, share: 1 },
  { title: 'receivers take 200 ms: the senders are full', answerAfterMs: 200, share: 0.4 },
];

/** Deliveries per second of each round. */
export interface WorkersComparison {
  title: string;
  one: number[];
  two: number[];
  ratio: number;
}

/** One process takes events in, and one or two others dispatch and send. Undefined where there is no redis-server. */
export async function compareWorkers(
  bench: Bench,
  progress: (text: string) => void,
): Promise<WorkersComparison[] | undefined> {
  const url = await redisUrl(bench);
  if (!url) return undefined;
  const comparisons: WorkersComparison[] = [];
  for (const bound of BOUNDS) {
    const one: number[] = [];
    const two: number[] = [];
    for (let round = 1; round <= bench.plan.rounds; round++) {
      one.push(await deliveries(bench, url, { bound, workers: 1 }));
      two.push(await deliveries(bench, url, { bound, workers: 2 }));
      const rates = [one, two].map((rounds) => Math.round(rounds.at(-1) ?? 0));
      progress(`${bound.title}, round ${round}: one ${rates[0]} deliveries/s, two ${rates[1]}`);
    }
    const ratio = median(two.map((rate, round) => rate / (one[round] ?? NaN)));
    comparisons.push({ title: bound.title, one, two, ratio });
  }
  return comparisons;
}

function deliveries(
  bench: Bench,
  url: string,
  { bound, workers }: { bound: Bound; workers: number },
): Promise<number> {
  const setup = { scenario: webhook(), webhooks: WEBHOOKS, workers, env: { REDIS_URL: url } };
  return withSubject(bench, { name: 'bugle', ...setup }, async (subject, clients) => {
    const some = clients.slice(0, CLIENTS);
    const load = { batch: BATCH, fanOut: WEBHOOKS };
    await measureThroughput(subject, some, { ...load, events: bench.plan.warmUp / WEBHOOKS });
    subject.receiver.answerAfterMs = bound.answerAfterMs;
    const events = (bench.plan.events * bound.share) / WEBHOOKS;
    const { eventsPerSecond } = await measureThroughput(subject, some, { ...load, events });
    return eventsPerSecond * WEBHOOKS;
  });
}
