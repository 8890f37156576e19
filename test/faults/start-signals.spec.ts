import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Client } from 'pg';
import { clusterIn } from '../../src/database/embedded/cluster.js';
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

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** A server that starts, and what it writes. */
function starting(settings: Settings) {
  const env = { ...bareEnvironment(), PORT: '0', ...settings };
  // In a folder without an .env file.
  const child = spawn(process.execPath, [main], { cwd: import.meta.dirname, env });
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

const WELL = { code: 0, signal: null };

async function freePort(): Promise<string> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return String(port);
}

it('a server that is told to stop while it waits for its database leaves at once', async () => {
  const DATABASE_URL = 'postgres://u@127.0.0.1:1/bugle';
  const { child, said, ended } = starting({ DATABASE_URL, BUGLE_MASTER_KEY });
  await until('it waits', () => said.stdout.includes('"database.waiting"'));
  child.kill('SIGTERM');
  expect(await ended).toEqual(WELL);
  expect(said.stderr).toBe('');
});

it('one that already takes requests ends its start, shows the admin key, and stops in good order', async () => {
  const database = await createTestDatabase();
  const other = new Client(database.connection);
  await other.connect();
  await other.query(`SELECT pg_advisory_lock(hashtext('bugle first start'))`);
  const PORT = await freePort();
  const settings = { PORT, DATABASE_URL: database.url, BUGLE_MASTER_KEY };
  const { child, said, ended } = starting(settings);
  const place = `http://127.0.0.1:${PORT}`;
  await until('it listens', async () => (await fetch(`${place}/healthz`)).ok, 30_000);
  child.kill('SIGTERM');
  // From there on it has had the signal: the answer is not from before.
  expect((await fetch(`${place}/healthz`)).status).toBe(200);
  await other.end();
  expect(await ended).toEqual(WELL);
  expect(said.stdout).toMatch(/^Admin key, shown this once: bugle_\S+$/m);
  expect(said.stdout).not.toContain('stop.failed');
  await database.drop();
});

it('one that has started its PostgreSQL stops it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bugle-signals-'));
  const { child, said, ended } = starting({ BUGLE_DATA_DIR: folder });
  const cluster = clusterIn(join(folder, 'postgres'));
  const postgres = await until('it has begun', () => readPidFile(cluster), 30_000);
  child.kill('SIGTERM');
  expect(await ended).toEqual(WELL);
  expect(isAlive(postgres.pid)).toBe(false);
  expect(said.stderr).toBe('');
  rmSync(folder, { recursive: true, force: true });
});
