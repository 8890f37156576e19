import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { StartupError } from '../../startup-error.js';
import { locateBinaries } from './binaries.js';
import { embeddedConnection, startEmbeddedPostgres, type EmbeddedPostgres } from './index.js';
import { isAlive } from './processes.js';
import { choosePrivileges, commandFor } from './privileges.js';

/** Fast and still crash-safe against a kill of the process, which is all that is tested here. */
const settings = { fsync: 'off' };

let dataDir: string;
const started: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

async function start(dir = dataDir): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir: dir, settings });
  started.push(postgres);
  return postgres;
}

async function query(
  { connection }: EmbeddedPostgres,
  sql: string,
): Promise<Record<string, unknown>[]> {
  const client = new Client(connection);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function refusal(attempt: Promise<unknown>): Promise<StartupError> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof StartupError) return error;
  throw new Error(`expected a StartupError, got ${String(error)}`);
}

const postmasterPid = (): number =>
  Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Another Node process that starts the embedded PostgreSQL, says so, and stays. */
function otherBugle(): ChildProcess {
  const module = JSON.stringify(new URL('./index.js', import.meta.url).href);
  const script = `
    const { startEmbeddedPostgres } = await import(${module});
    await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, settings: { fsync: 'off' } });
    console.log('ready');
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'bugle-embedded-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  for (const postgres of started.splice(0)) await postgres.stop();
});

afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

it('survives a crash during the creation of its data', async () => {
  const child = otherBugle();
  await until(() => readdirSync(dataDir).some((name) => name.startsWith('postgres.partial-')));
  await kill(child);

  expect((await start()).firstStart).toBe(true);
  expect(readdirSync(dataDir).filter((name) => name.includes('partial'))).toEqual([]);
});

it('finds its data again, and leaves no lock and no process behind', async () => {
  const first = await start();
  await query(first, `CREATE TABLE kept AS SELECT 'stop' AS after`);
  const pid = postmasterPid();
  await first.stop();
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(join(dataDir, 'server.json'))).toBe(false);

  const second = await start();
  expect(second.firstStart).toBe(false);
  expect(await query(second, 'SELECT after FROM kept')).toEqual([{ after: 'stop' }]);
});

it('runs durably unless told otherwise, and lets nobody in without the password', async () => {
  const postgres = await start();
  const shown = await query(
    postgres,
    `SELECT current_setting('synchronous_commit') AS sync, current_setting('jit') AS jit, current_setting('fsync') AS fsync`,
  );
  expect(shown).toEqual([{ sync: 'on', jit: 'off', fsync: 'off' }]);

  const intruder = { ...postgres, connection: { ...postgres.connection, password: 'guess' } };
  await expect(query(intruder, 'SELECT 1')).rejects.toThrow('password authentication failed');
});

it('recovers what was committed before PostgreSQL was killed', async () => {
  const first = await start();
  await query(first, `UPDATE kept SET after = 'kill'`);
  process.kill(postmasterPid(), 'SIGKILL');
  await first.stop();

  expect(await query(await start(), 'SELECT after FROM kept')).toEqual([{ after: 'kill' }]);
});

it('takes over after its own process was killed', async () => {
  const child = otherBugle();
  await once(child.stdout!, 'data');
  const orphan = postmasterPid();
  await kill(child);

  const postgres = await start();
  expect(postmasterPid()).not.toBe(orphan);
  expect(isAlive(orphan)).toBe(false);
  expect(await query(postgres, 'SELECT after FROM kept')).toEqual([{ after: 'kill' }]);
});

it('replaces a PostgreSQL that nobody owns any more', async () => {
  const privileges = choosePrivileges(dataDir, join(dataDir, 'postgres'));
  const data = join(dataDir, 'postgres/data');
  const { file, args, options } = commandFor(
    privileges,
    locateBinaries(dataDir, privileges).postgres,
    ['-D', data, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${dataDir}/postgres`],
  );
  const orphan = spawn(file, args, { ...options, stdio: 'ignore' });
  children.push(orphan);
  await until(() => existsSync(join(data, 'postmaster.pid')) && orphan.pid === postmasterPid());

  await start();
  expect(orphan.exitCode).toBe(0);
});

it('tells other programs how to connect, while it runs', async () => {
  const { connection, stop } = await start();
  expect(embeddedConnection(dataDir)).toEqual(connection);
  await stop();
  expect(() => embeddedConnection(dataDir)).toThrow('Start Bugle first');
});

it('refuses a second server while the first one lives', async () => {
  await start();
  const pid = postmasterPid();
  const error = await refusal(start());
  expect(error.setting).toBe('BUGLE_DATA_DIR');
  expect(error.message).toContain(`in use by another Bugle (process ${process.pid})`);
  expect(postmasterPid()).toBe(pid);
});

it('never stops a process that was given the id of a dead one', async () => {
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
  children.push(stranger);
  const pidFile = [stranger.pid, join(dataDir, 'postgres/data'), 1, 5432, '', '', '', 'ready'];
  writeFileSync(join(dataDir, 'postgres/data/postmaster.pid'), pidFile.join('\n'));
  writeFileSync(
    join(dataDir, 'server.json'),
    JSON.stringify({ pid: stranger.pid, startTime: 'long ago' }),
  );

  await start();
  expect(isAlive(stranger.pid!)).toBe(true);
});

it('says why it does not start, and is free for the next try', async () => {
  const broken = startEmbeddedPostgres({ dataDir, settings: { shared_buffers: 'plenty' } });
  expect((await refusal(broken)).message).toContain(
    'invalid value for parameter "shared_buffers": "plenty"',
  );
  expect((await start()).firstStart).toBe(false);
});

it('refuses the data of another major version', async () => {
  const version = join(dataDir, 'postgres/data/PG_VERSION');
  const ours = readFileSync(version);
  writeFileSync(version, '9.6\n');
  expect((await refusal(start())).message).toContain('written by PostgreSQL 9.6');
  writeFileSync(version, ours);
});

it('listens on a local port where the path is too long for a socket', async () => {
  const deep = join(dataDir, 'long'.repeat(30));
  mkdirSync(deep, { mode: 0o711 });
  const postgres = await start(deep);
  expect(postgres.connection.host).toBe('127.0.0.1');
  expect(embeddedConnection(deep)).toEqual(postgres.connection);
  expect(await query(postgres, 'SELECT current_database() AS name')).toEqual([{ name: 'bugle' }]);
});
