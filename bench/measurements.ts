import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.js';
import { KeepAliveClient } from './load/client.js';
import { type LatencyResult, measureLatency } from './load/latency.js';
import { measureThroughput, type ThroughputResult } from './load/throughput.js';
import type { BenchPostgres } from './postgres.js';
import { type ProfileSummary, summarise } from './profile.js';
import { redisUrl } from './redis.js';
import { type Scenario, SCENARIOS } from './scenarios.js';
import { type ProgramName, type Setup, startSubject, type Subject } from './subject.js';

/** How much is measured. */
export interface Plan {
  rounds: number;
  /** Measured events of each throughput run, after `warmUp` others. */
  events: number;
  warmUp: number;
  latencyEvents: number;
}

/** What the measurements run on. */
export interface Bench {
  postgres: BenchPostgres;
  folder: string;
  plan: Plan;
  cleanup: Cleanup;
}

/** All runs of one scenario, and the ratio of the two programs. */
export interface ThroughputComparison {
  scenario: string;
  title: string;
  baseline: ThroughputResult[];
  bugle: ThroughputResult[];
  /** Bugle's events per second over the baseline's: the median of the rounds. */
  ratio: number;
}

/** Latency of the two programs under the same, low load; Bugle's over Redis where there is one. */
export interface LatencyComparison extends Record<ProgramName, LatencyResult> {
  bull?: LatencyResult;
}

const CLIENTS = 64;
const LATENCY_RATE = 200;

/** Both programs in turn, round by round, so that a slow minute of the machine meets both. */
export async function compareThroughput(
  bench: Bench,
  progress: (text: string) => void,
  scenarios: readonly Scenario[] = SCENARIOS,
): Promise<ThroughputComparison[]> {
  const comparisons: ThroughputComparison[] = [];
  for (const scenario of scenarios) {
    const runs: Record<ProgramName, ThroughputResult[]> = { baseline: [], bugle: [] };
    for (let round = 1; round <= bench.plan.rounds; round++) {
      const samples: string[] = [];
      for (const name of ['baseline', 'bugle'] as const) {
        const { result, sample } = await throughputOf(bench, name, scenario);
        runs[name].push(result);
        samples.push(sample);
        progress(
          `${scenario.title}, round ${round}: ${name} ${Math.round(result.eventsPerSecond)} events/s`,
        );
      }
      if (scenario.automation) requireSameContent(samples);
    }
    comparisons.push({
      scenario: scenario.name,
      title: scenario.title,
      ...runs,
      ratio: ratioOf(runs),
    });
  }
  return comparisons;
}

/** The plain webhook, at 200 events a second. */
export async function compareLatency(
  bench: Bench,
  progress: (text: string) => void,
): Promise<LatencyComparison> {
  const measure = (name: ProgramName, env: Setup['env'] = {}): Promise<LatencyResult> =>
    withSubject(bench, { name, scenario: webhook(), env }, async (subject, clients) => {
      progress(`latency: ${name}${env.REDIS_URL ? ' over Bull' : ''}`);
      const rate = { perSecond: LATENCY_RATE };
      await measureLatency(subject, clients, { ...rate, events: LATENCY_RATE });
      return measureLatency(subject, clients, { ...rate, events: bench.plan.latencyEvents });
    });
  const inProcess = { baseline: await measure('baseline'), bugle: await measure('bugle') };
  const REDIS_URL = await redisUrl(bench);
  if (!REDIS_URL) progress('latency over Bull: skipped, there is no redis-server');
  return REDIS_URL ? { ...inProcess, bull: await measure('bugle', { REDIS_URL }) } : inProcess;
}

/** A CPU profile of Bugle's process under the throughput load, for each scenario. */
export async function profileBugle(
  bench: Bench,
  folder: string,
): Promise<{ title: string; file: string; summary: ProfileSummary }[]> {
  const profiles = [];
  for (const scenario of SCENARIOS) {
    const file = join(folder, `${scenario.name}.cpuprofile`);
    await withSubject(bench, { name: 'bugle', scenario }, async (subject, clients) => {
      await measureThroughput(subject, clients, { events: bench.plan.warmUp });
      await subject.server.startProfile();
      await measureThroughput(subject, clients, { events: bench.plan.events });
      await subject.server.stopProfile(file);
    });
    profiles.push({ title: scenario.title, file, summary: summarise(file) });
  }
  return profiles;
}

function throughputOf(bench: Bench, name: ProgramName, scenario: Scenario) {
  return withSubject(bench, { name, scenario }, async (subject, clients) => {
    await measureThroughput(subject, clients, { events: bench.plan.warmUp });
    const result = await measureThroughput(subject, clients, { events: bench.plan.events });
    return { result, sample: subject.receiver.sample };
  });
}

/** Runs a measurement on a fresh server, which is gone afterwards, whatever happens. */
export async function withSubject<Result>(
  bench: Bench,
  setup: Setup,
  work: (subject: Subject, clients: KeepAliveClient[]) => Promise<Result>,
): Promise<Result> {
  const subject = await startSubject(setup, bench);
  const stop = bench.cleanup.add(() => subject.stop());
  const clients = await KeepAliveClient.openMany(subject.server.address, CLIENTS);
  try {
    return await work(subject, clients);
  } finally {
    for (const client of clients) client.close();
    await stop();
  }
}

/** The baseline says the same in TypeScript as the template says in Twig, else the comparison is not fair. */
function requireSameContent(samples: readonly string[]): void {
  const [one, other] = samples.map((sample): unknown => JSON.parse(sample));
  if (isDeepStrictEqual(one, other)) return;
  throw new Error(`The two programs send different things:\n${samples.join('\n')}`);
}

/** The shortest way through Bugle. */
export function webhook(): Scenario {
  const [first] = SCENARIOS;
  if (!first) throw new Error('There are no scenarios.');
  return first;
}

function ratioOf({ baseline, bugle }: Record<ProgramName, ThroughputResult[]>): number {
  const ratios = bugle.map(
    (run, round) => run.eventsPerSecond / (baseline[round]?.eventsPerSecond ?? NaN),
  );
  return median(ratios);
}

/** The middle one, or of an even number the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
