// npm run bench [-- quick | throughput | latency | profile]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot, packageVersion } from '../src/config/index.js';
import { compareLatency, compareThroughput, profileBugle, type Plan } from './measurements.js';
import { BenchPostgres } from './postgres.js';
import { latencyTable, profileTables, throughputTable } from './report.js';

const PLANS = {
  everything: { rounds: 3, events: 10_000, warmUp: 2_000, latencyEvents: 2_000 },
  quick: { rounds: 1, events: 2_000, warmUp: 1_000, latencyEvents: 600 },
} satisfies Record<string, Plan>;

const USAGE = 'Usage: npm run bench [-- quick | throughput | latency | profile]';

/** Everything that has to be undone when the benchmark ends, in whatever way; last started, first stopped. */
const undo: (() => Promise<unknown> | void)[] = [];

async function main([part = 'everything', ...rest]: string[]): Promise<void> {
  const parts = ['everything', 'quick', 'throughput', 'latency', 'profile'];
  if (!parts.includes(part) || rest.length > 0) throw new Error(USAGE);
  const folder = mkdtempSync(join(tmpdir(), 'bugle-bench-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const postgres = await BenchPostgres.start(folder);
  undo.push(() => postgres.stop());
  const bench = { postgres, folder, plan: PLANS[part === 'quick' ? 'quick' : 'everything'], undo };
  const results: Record<string, unknown> = { machine: machine(), plan: bench.plan };
  const takes = (name: string) => part === name || part === 'everything' || part === 'quick';
  if (takes('throughput')) {
    const throughput = await compareThroughput(bench, progress);
    results.throughput = throughput;
    console.log(throughputTable(throughput));
  }
  if (takes('latency')) {
    const latency = await compareLatency(bench, progress);
    results.latency = latency;
    console.log(latencyTable(latency));
  }
  if (part === 'profile') results.profile = await profile(bench);
  console.log(`\nWritten to ${write(results)}`);
}

async function profile(bench: Parameters<typeof profileBugle>[0]): Promise<unknown> {
  mkdirSync(resultsFolder, { recursive: true });
  const profiles = await profileBugle(bench, resultsFolder);
  for (const { title, file, summary } of profiles) console.log(profileTables(title, file, summary));
  return profiles.map(({ title, file }) => ({ title, file }));
}

const resultsFolder = join(packageRoot, 'bench', 'results');

function write(results: object): string {
  mkdirSync(resultsFolder, { recursive: true });
  const time = new Date().toISOString();
  const file = join(resultsFolder, `${time.replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ time, ...results }, null, 2)}\n`);
  return file;
}

function machine() {
  const processors = cpus();
  return {
    bugle: packageVersion,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processors: `${processors.length} × ${processors[0]?.model ?? 'unknown'}`,
  };
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

let ending: Promise<void> | undefined;

function end(code: number): Promise<void> {
  return (ending ??= cleanUp().finally(() => process.exit(code)));
}

async function cleanUp(): Promise<void> {
  for (let step = undo.pop(); step; step = undo.pop()) {
    try {
      await step();
    } catch (error) {
      progress(`While cleaning up: ${String(error)}`);
    }
  }
}

process.on('SIGINT', () => void end(130)).on('SIGTERM', () => void end(143));
try {
  await main(process.argv.slice(2));
  await end(0);
} catch (error) {
  // Interrupted work fails as well; only the first reason counts.
  if (!ending) console.error(error instanceof Error ? error.message : error);
  await end(1);
}
