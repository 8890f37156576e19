// npm run bench [-- quick | throughput | latency | rules | profile]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot, packageVersion } from '../src/config/index.js';
import { Cleanup } from './cleanup.js';
import { compareLatency, compareThroughput, profileBugle, type Plan } from './measurements.js';
import { BenchPostgres } from './postgres.js';
import {
  latencyTable,
  matchingTable,
  profileTables,
  rendersTable,
  throughputTable,
} from './report.js';
import { measureRenders } from './renders.js';
import { SCENARIOS } from './scenarios.js';
import { measureMatching } from './rules.js';

const PLANS = {
  everything: { rounds: 3, events: 10_000, warmUp: 2_000, latencyEvents: 2_000 },
  quick: { rounds: 1, events: 2_000, warmUp: 1_000, latencyEvents: 600 },
} satisfies Record<string, Plan>;

const USAGE = 'Usage: npm run bench [-- quick | throughput | latency | rules | profile]';

const RESULTS = join(packageRoot, 'bench', 'results');

/** Whatever hangs, the benchmark ends. */
const LIMIT_MS = 15 * 60_000;

const cleanup = new Cleanup();

async function main([part = 'everything', ...rest]: string[]): Promise<void> {
  const parts = ['everything', 'quick', 'throughput', 'latency', 'rules', 'profile'];
  if (!parts.includes(part) || rest.length > 0) throw new Error(USAGE);
  mkdirSync(RESULTS, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'bugle-bench-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const postgres = await BenchPostgres.start(folder);
  cleanup.add(() => postgres.stop());
  const bench = {
    postgres,
    folder,
    plan: PLANS[part === 'quick' ? 'quick' : 'everything'],
    cleanup,
  };
  const results: Record<string, unknown> = { machine: machine(), plan: bench.plan };
  const takes = (name: string) => part === name || part === 'everything' || part === 'quick';
  if (takes('throughput') || part === 'rules') {
    const rendered = SCENARIOS.filter(({ automation }) => automation);
    const scenarios = part === 'rules' ? rendered : SCENARIOS;
    const throughput = await compareThroughput(bench, progress, scenarios);
    results.throughput = throughput;
    console.log(throughputTable(throughput));
  }
  if (takes('latency')) {
    const latency = await compareLatency(bench, progress);
    results.latency = latency;
    console.log(latencyTable(latency));
  }
  if (takes('rules')) {
    const matching = measureMatching(progress);
    console.log(matchingTable(matching));
    const renders = await measureRenders(progress);
    console.log(rendersTable(renders));
    results.rules = { matching, renders };
  }
  if (part === 'profile') results.profile = await profile(bench);
  console.log(`\nWritten to ${write(results)}`);
}

async function profile(bench: Parameters<typeof profileBugle>[0]): Promise<unknown> {
  const profiles = await profileBugle(bench, RESULTS);
  for (const { title, file, summary } of profiles) console.log(profileTables(title, file, summary));
  return profiles.map(({ title, file }) => ({ title, file }));
}

function write(results: object): string {
  const time = new Date().toISOString();
  const file = join(RESULTS, `${time.replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ time, ...results }, null, 2)}\n`);
  return file;
}

function machine() {
  const processors = cpus();
  return {
    bugle: packageVersion,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    // Above the number of processors, others are at work here, and the figures are of little worth.
    loadBefore: loadavg()[0]?.toFixed(1),
    processors: `${processors.length} × ${processors[0]?.model ?? 'unknown'}`,
  };
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

let ending: Promise<void> | undefined;

function end(code: number): Promise<void> {
  return (ending ??= cleanup.run(cleanupFailed).then(() => process.exit(code)));
}

function cleanupFailed(error: unknown): void {
  progress(`While cleaning up: ${String(error)}`);
}

function fail(error: unknown): Promise<void> {
  // Interrupted work fails as well; only the first reason counts.
  if (!ending) console.error(error instanceof Error ? error.message : error);
  return end(1);
}

process.on('SIGINT', () => void end(130)).on('SIGTERM', () => void end(143));
process.on('uncaughtException', (error) => void fail(error));
setTimeout(() => void fail('The benchmark has taken too long.'), LIMIT_MS).unref();
try {
  await main(process.argv.slice(2));
  await end(0);
} catch (error) {
  await fail(error);
}
