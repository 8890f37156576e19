import { measureThroughput } from './load/throughput.js';
import { postRequest } from './load/client.js';
import { type Bench, median, webhook, withSubject } from './measurements.js';

const FAN_OUT = 10;
const BATCH = 100;
/** Batches under way at once. */
const CLIENTS = 4;

/** Deliveries per second of each round. */
export interface FanOutComparison {
  /** The baseline's sender, which stores nothing. */
  sender: number[];
  /** From the first POST until the last settlement. */
  bugle: number[];
  ratio: number;
}

/** Events published in batches for ten webhooks each, against the bare sending of as many requests. */
export async function compareFanOut(
  bench: Bench,
  progress: (text: string) => void,
): Promise<FanOutComparison> {
  const sender: number[] = [];
  const bugle: number[] = [];
  for (let round = 1; round <= bench.plan.rounds; round++) {
    sender.push(await senderAlone(bench));
    bugle.push(await fanOut(bench));
    progress(
      `fan-out, round ${round}: sender alone ${Math.round(sender.at(-1) ?? 0)} deliveries/s, ` +
        `bugle ${Math.round(bugle.at(-1) ?? 0)}`,
    );
  }
  const ratio = median(bugle.map((rate, round) => rate / (sender[round] ?? NaN)));
  return { sender, bugle, ratio };
}

function senderAlone(bench: Bench): Promise<number> {
  const setup = { name: 'baseline', scenario: webhook() } as const;
  return withSubject(bench, setup, async ({ key, receiver }, [client]) => {
    const send = async (count: number): Promise<void> => {
      const expected = receiver.count + count;
      await client?.send(postRequest('/send', key, String(count)));
      await receiver.received(expected);
    };
    await send(bench.plan.warmUp);
    const started = performance.now();
    await send(bench.plan.events);
    return bench.plan.events / ((performance.now() - started) / 1000);
  });
}

function fanOut(bench: Bench): Promise<number> {
  const setup = { name: 'bugle', scenario: webhook(), webhooks: FAN_OUT } as const;
  return withSubject(bench, setup, async (subject, clients) => {
    const some = clients.slice(0, CLIENTS);
    const load = { batch: BATCH, fanOut: FAN_OUT };
    await measureThroughput(subject, some, { ...load, events: bench.plan.warmUp / FAN_OUT });
    const events = bench.plan.events / FAN_OUT;
    const { eventsPerSecond } = await measureThroughput(subject, some, { ...load, events });
    return eventsPerSecond * FAN_OUT;
  });
}
