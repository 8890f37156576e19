// npm run bench: bench/README.md says what it can be told
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot, packageVersion } from '../src/config/index.js';
import { Cleanup } from './cleanup.js';
import { compareBacklog } from './backlog.js';
import { compareFanOut } from './fan-out.js';
import {
  type Bench,
  compareLatency,
  compareThroughput,
  profileBugle,
  type Plan,
} from './measurements.js';
import { compareNeighbours } from './neighbours.js';
import { BenchPostgres } from './postgres.js';
import {
  backlogTable,
  fanOutTable,
  latencyTable,
  matchingTable,
  neighboursTable,
  profileTables,
  rendersTable,
  soakTable,
  throughputTable,
  workersTable,
} from './report.js';
import { measureRenders } from './renders.js';
import { measureMatching } from './rules.js';
import { soak } from './soak.js';
import { compareWorkers } from './workers.js';

const PLANS = {
  everything: { rounds: 3, events: 10_000, warmUp: 2_000, latencyEvents: 2_000 },
  quick: { rounds: 1, events: 2_000, warmUp: 1_000, latencyEvents: 600 },
} satisfies Record<string, Plan>;

const RESULTS = join(packageRoot, 'bench', 'results');

/** Whatever hangs, the benchmark ends. */
const LIMIT_MS = 20 * 60_000;

const cleanup = new Cleanup();

/** Prints its tables and answers its figures. */
type Part = (bench: Bench) => Promise<unknown>;

/** What `npm run bench` does, in this order. */
const PARTS: Record<string, Part> = {
  throughput: (bench) => shown(compareThroughput(bench, progress), throughputTable),
  batch: (bench) => shown(compareFanOut(bench, progress), fanOutTable),
  latency: (bench) => shown(compareLatency(bench, progress), latencyTable),
  neighbours: (bench) => shown(compareNeighbours(bench, progress), neighboursTable),
  rules: async () => ({
    matching: await shown(measureMatching(progress), matchingTable),
    renders: await shown(measureRenders(progress), rendersTable),
  }),
};

/** What takes long, or says nothing about speed: only where it is asked for. */
const MORE_PARTS: Record<string, Part> = {
  backlog: (bench) => shown(compareBacklog(bench, progress), backlogTable),
  workers: (bench) =>
    shown(compareWorkers(bench, progress), (compared) =>
      compared ? workersTable(compared) : 'Workers: skipped, there is no redis-server.',
    ),
  soak: (bench) => shown(soak(bench, progress), soakTable),
  profile,
};

const WHOLE = ['everything', 'quick'];

async function main([part = 'everything', ...rest]: string[]): Promise<void> {
  const parts: Record<string, Part> = WHOLE.includes(part)
    ? PARTS
    : Object.fromEntries(
        Object.entries({ ...PARTS, ...MORE_PARTS }).filter(([name]) => name === part),
      );
  if (Object.keys(parts).length === 0 || rest.length > 0) throw new Error(usage());
  mkdirSync(RESULTS, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'bugle-bench-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const postgres = await BenchPostgres.start(folder);
  cleanup.add(() => postgres.stop());
  const plan = PLANS[part === 'quick' ? 'quick' : 'everything'];
  const results: Record<string, unknown> = { machine: machine(), plan };
  for (const [name, run] of Object.entries(parts)) {
    results[name] = await run({ postgres, folder, plan, cleanup });
  }
  console.log(`\nWritten to ${write(results)}`);
}

async function shown<Result>(
  measured: Result | Promise<Result>,
  tableOf: (result: Result) => string,
): Promise<Result> {
  const result = await measured;
  console.log(tableOf(result));
  return result;
}

async function profile(bench: Bench): Promise<unknown> {
  const profiles = await profileBugle(bench, RESULTS);
  for (const { title, file, summary } of profiles) console.log(profileTables(title, file, summary));
  return profiles.map(({ title, file }) => ({ title, file }));
}

function usage(): string {
  const names = ['quick', ...Object.keys(PARTS), ...Object.keys(MORE_PARTS)];
  return `Usage: npm run bench [-- ${names.join(' | ')}]`;
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
