import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Client } from 'pg';
import { clusterIn } from '../../src/database/embedded/cluster.js';
import { embeddedConnection, startEmbeddedPostgres } from '../../src/database/embedded/index.js';
import { readPidFile } from '../../src/database/embedded/postmaster.js';
import { isAlive } from '../../src/database/embedded/processes.js';
import { bareEnvironment } from '../support/bare-environment.js';
import { createTestDatabase } from '../support/database.js';
import { listen } from '../support/sending-trial.js';
import type { Settings } from '../support/server-process.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

const main = join(import.meta.dirname, '..', '..', 'src', 'main.js');
const BUGLE_MASTER_KEY = Buffer.alloc(32, 7).toString('base64');

const running = new Set<ChildProcess>();
/** What a test leaves behind, and how that goes away: the last first. */
const leftovers: (() => unknown)[] = [];

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await until('all have ended', () => running.size === 0);
  for (let remove = leftovers.pop(); remove; remove = leftovers.pop()) await remove();
});

/** A server that starts, and what it writes. */
function starting(settings: Settings, options: string[] = []) {
  const env = { ...bareEnvironment(), PORT: '0', ...settings };
  // In a folder without an .env file.
  const child = spawn(process.execPath, [...options, main], { cwd: import.meta.dirname, env });
  running.add(child);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (said.stdout += String(text)));
  child.stderr.on('data', (text: Buffer) => (said.stderr += String(text)));
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => {
    running.delete(child);
    return { code, signal };
  });
  return { child, said, ended };
}

const KEY_SHOWN = /^Admin key, shown this once: bugle_\S+$/m;
const WELL = { code: 0, signal: null };

async function freePort(): Promise<string> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return String(port);
}

/** Tells, on the standard error, which packages are loaded when a signal is handled for the first time. */
const watchPackages = `
import { createRequire } from 'node:module';
const { cache } = createRequire(process.execPath);
process.once('newListener', (name) => {
  process.stderr.write(name + ' after ' + Object.keys(cache).filter((file) => file.includes('node_modules')).length + ' files');
});`;

it('signals are heard before any package is loaded', async () => {
  const preload = `data:text/javascript,${encodeURIComponent(watchPackages)}`;
  const { said, ended } = starting({ PORT: 'none' }, ['--import', preload]);
  expect(await ended).toMatchObject({ code: 1 });
  expect(said.stderr).toMatch(/^SIGINT after 0 files/);
});

it('a server that is told to stop while it waits for its database leaves at once', async () => {
  const DATABASE_URL = 'postgres://u@127.0.0.1:1/bugle';
  const { child, said, ended } = starting({ DATABASE_URL, BUGLE_MASTER_KEY });
  await until('it waits', () => said.stdout.includes('"database.waiting"'));
  child.kill('SIGTERM');
  expect(await ended).toEqual(WELL);
  expect(said.stderr).toBe('');
});

/** A database on which another session has done something that keeps a first start from its end. */
async function keptFrom(statement: string) {
  const database = await createTestDatabase();
  leftovers.push(database.drop);
  const other = new Client(database.connection);
  // It may still be there when its database is removed.
  other.on('error', () => undefined);
  await other.connect();
  await other.query(statement);
  return { url: database.url, other };
}

/** It has all but its admin key, which it stores now. */
async function storing(settings: Settings = {}) {
  const { url, other } = await keptFrom('BEGIN; LOCK TABLE bugle.api_keys IN SHARE MODE');
  const server = starting({ DATABASE_URL: url, BUGLE_MASTER_KEY, ...settings });
  const waiting = `SELECT FROM pg_locks WHERE relation = 'bugle.api_keys'::regclass AND NOT granted`;
  await until('it stores', async () => (await other.query(waiting)).rowCount !== 0, 30_000);
  return { ...server, other };
}

describe('one that already takes requests', () => {
  it('does not wait for another one that starts, and stops in good order', async () => {
    const { url } = await keptFrom(`SELECT pg_advisory_lock(hashtext('bugle first start'))`);
    const PORT = await freePort();
    const settings = { PORT, DATABASE_URL: url, BUGLE_MASTER_KEY, BUGLE_SHUTDOWN_GRACE_MS: '1000' };
    const { child, said, ended } = starting(settings);
    const place = `http://127.0.0.1:${PORT}/healthz`;
    await until('it listens', async () => (await fetch(place)).ok, 30_000);
    const told = performance.now();
    child.kill('SIGTERM');
    expect(await ended).toEqual(WELL);
    expect(performance.now() - told).toBeLessThan(10_000);
    expect(said.stdout).not.toMatch(/Admin key|stop\.failed/);
  });

  it('ends its start if it is storing the admin key, shows it, and stops in good order', async () => {
    const { child, said, ended, other } = await storing();
    // Should it hear of it only when the key is stored, the same has to come of it.
    child.kill('SIGTERM');
    await other.query('ROLLBACK');
    expect(await ended).toEqual(WELL);
    expect(said.stdout).toMatch(KEY_SHOWN);
    expect(said.stdout).not.toContain('stop.failed');
    await other.end();
  });

  it('says how to get in if the admin key cannot be stored within the grace time', async () => {
    const { child, said, ended } = await storing({ BUGLE_SHUTDOWN_GRACE_MS: '500' });
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 1 });
    expect(said.stderr).toMatch(/did not answer in time\..*set BUGLE_ADMIN_KEY to one of your own/);
    expect(said.stdout).not.toMatch(KEY_SHOWN);
  });
});

/** A data folder; what is left of its PostgreSQL goes with it. */
function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'bugle-signals-'));
  const cluster = clusterIn(join(folder, 'postgres'));
  leftovers.push(async () => {
    const left = readPidFile(cluster);
    if (left && isAlive(left.pid)) {
      process.kill(left.pid, 'SIGQUIT');
      await until('PostgreSQL has ended', () => !isAlive(left.pid));
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return { folder, cluster };
}

/** Every statement that creates a table takes an hour there. */
async function slowDown(folder: string) {
  const postgres = await startEmbeddedPostgres({ dataDir: folder });
  const client = new Client(postgres.connection);
  await client.connect();
  await client.query(
    `CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3600); END';
     CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION slow()`,
  );
  await client.end();
  await postgres.stop();
}

/** Whether the embedded PostgreSQL answers with a row. */
async function embeddedAnswers(folder: string, text: string) {
  const client = new Client(embeddedConnection(folder));
  await client.connect();
  try {
    return (await client.query(text)).rowCount !== 0;
  } finally {
    await client.end();
  }
}

describe('one that has a PostgreSQL of its own', () => {
  it('stops it when it has started it', async () => {
    const { folder, cluster } = newFolder();
    const { child, said, ended } = starting({ BUGLE_DATA_DIR: folder });
    const postgres = await until('it has begun', () => readPidFile(cluster), 30_000);
    child.kill('SIGTERM');
    expect(await ended).toEqual(WELL);
    expect(isAlive(postgres.pid)).toBe(false);
    expect(said.stderr).toBe('');
  });

  it('stops it in the middle of a migration', async () => {
    const { folder, cluster } = newFolder();
    await slowDown(folder);
    const { child, ended } = starting({ BUGLE_DATA_DIR: folder });
    const isSlow = `SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`;
    await until('it migrates', () => embeddedAnswers(folder, isSlow), 30_000);
    const postgres = readPidFile(cluster);
    child.kill('SIGTERM');
    expect(await ended).toEqual(WELL);
    expect(postgres && isAlive(postgres.pid)).toBe(false);
  });
});
