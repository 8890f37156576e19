import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Client } from 'pg';
import pino from 'pino';
import { loadConfig } from '../../src/config/index.js';
import { start } from '../../src/startup/start.js';
import { StartupError } from '../../src/startup-error.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ServerProcess, type Settings } from '../support/server-process.js';

jest.setTimeout(120_000);

const masterKey = randomBytes(32).toString('base64');
const adminKey = `bugle_test_${randomBytes(16).toString('hex')}`;

describe('a server that cannot start says in one line which setting to change, when', () => {
  let database: TestDatabase;
  let taken: Server;
  let folder: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    folder = mkdtempSync(join(tmpdir(), 'bugle-start-'));
  });
  afterAll(async () => {
    taken.close();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What would start, with these differences. */
  const settingsWith = (differences: Settings): Settings => ({
    DATABASE_URL: database.url,
    BUGLE_MASTER_KEY: masterKey,
    PORT: '0',
    BUGLE_START_WAIT_MS: '0',
    ...differences,
  });

  /** The same as `refusalOf`, without a process for each. */
  const refusal = (differences: Settings) => refusalInProcess(settingsWith(differences));

  const asOwner = async (sql: string) => {
    const session = new Client(database.connection);
    await session.connect();
    await session.query(sql);
    await session.end();
  };

  it.each<[string, Settings, RegExp]>([
    ['a setting is not valid', { PORT: 'many' }, /^PORT is not valid: expected a whole number$/],
    [
      'the master key is missing',
      { BUGLE_MASTER_KEY: '' },
      /^BUGLE_MASTER_KEY is required together with DATABASE_URL/,
    ],
    [
      'a setting is misspelt',
      { BUGLE_RETRY_SHEDULE: '5' },
      /^BUGLE_RETRY_SHEDULE is not a setting of Bugle; did you mean BUGLE_RETRY_SCHEDULE\?$/,
    ],
    [
      'nothing listens where the database should be',
      { DATABASE_URL: 'postgres://u:secret@127.0.0.1:1/bugle' },
      /^DATABASE_URL names a database that cannot be reached: .*ECONNREFUSED/,
    ],
    [
      'the name of the database server is unknown',
      { DATABASE_URL: 'postgres://u:secret@no-such-host.invalid/bugle' },
      /^DATABASE_URL names a database that cannot be reached: .*(ENOTFOUND|EAI_AGAIN)/,
    ],
  ])('%s', async (_, differences, line) => {
    expect(await refusal(differences)).toMatch(line);
  });

  it('started as a process of its own', async () => {
    const line = await refusalOf(settingsWith({ DATABASE_URL: 'postgres://u@127.0.0.1:1/bugle' }));
    expect(line).toMatch(/^DATABASE_URL names a database that cannot be reached/);
    expect(await refusalOf(settingsWith({ PORT: 'many' }))).toMatch(/^PORT is not valid/);
  });

  it('the password of the database is wrong', async () => {
    const url = database.url.replace(/:[^:@/]*@/, ':not-the-password@');
    const line = await refusal({ DATABASE_URL: url });
    expect(line).toMatch(/^DATABASE_URL names a database that cannot be reached: .*password/);
    expect(line).not.toContain('not-the-password');
  });

  it('the database does not exist', async () => {
    const url = database.url.replace('/test_', '/not_there_');
    expect(await refusal({ DATABASE_URL: url })).toMatch(/^DATABASE_URL .*does not exist$/);
  });

  it('the user of the database may not create a schema', async () => {
    const role = `stranger_${process.pid}`;
    await asOwner(`CREATE ROLE ${role} LOGIN PASSWORD 'pass'`);
    const url = database.url.replace(/\/\/[^@]*@/, `//${role}:pass@`);
    const line = await refusal({ DATABASE_URL: url });
    await asOwner(`DROP ROLE ${role}`);
    expect(line).toMatch(/^DATABASE_URL .*permission denied/);
  });

  it('another program has the port', async () => {
    const address = taken.address();
    const port = String(typeof address === 'object' && address?.port);
    const line = await refusalOf(settingsWith({ PORT: port, BUGLE_ADMIN_KEY: adminKey }));
    expect(line).toMatch(new RegExp(`^PORT ${port} is in use`));
  });

  it('another program has the port, after what it had to say before', async () => {
    const address = taken.address();
    const PORT = String(typeof address === 'object' && address?.port);
    const { code, stdout } = await ServerProcess.run(
      settingsWith({ PORT, REDIS_URL: 'redis://127.0.0.1:1', BUGLE_LOG_LEVEL: 'warn' }),
    );
    expect(code).toBe(1);
    expect(stdout).toContain('"msg":"redis.away"');
  });

  it('the data folder cannot be made', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const line = await refusalOf({ PORT: '0', BUGLE_DATA_DIR: join(file, 'data') });
    expect(line).toMatch(/^BUGLE_DATA_DIR .*ENOTDIR/);
  });

  it('another server has the data folder', async () => {
    const settings = { PORT: '0', BUGLE_DATA_DIR: join(folder, 'data') };
    const address = taken.address();
    const port = String(typeof address === 'object' && address?.port);
    expect(await refusalOf({ ...settings, PORT: port })).toMatch(/^PORT /);

    // The start that failed was the first one: its admin key must not be lost.
    const first = await ServerProcess.start(settings);
    const key = readFileSync(join(folder, 'data', 'admin-key'), 'utf8').trim();
    const headers = { authorization: `Bearer ${key}` };
    expect((await fetch(`${first.address}/v1/workspace`, { headers })).status).toBe(200);
    expect(await refusalOf(settings)).toMatch(/^BUGLE_DATA_DIR .* is in use by another Bugle/);

    await first.kill('SIGTERM');
  });

  it('the master key in the data folder was damaged', async () => {
    const BUGLE_DATA_DIR = join(folder, 'of-before');
    mkdirSync(BUGLE_DATA_DIR);
    writeFileSync(join(BUGLE_DATA_DIR, 'master-key'), 'damaged\n');
    const line = await refusalOf({ PORT: '0', BUGLE_DATA_DIR });
    expect(line).toMatch(/^BUGLE_MASTER_KEY .*master-key does not hold 32 bytes in base64/);
    expect(line).not.toContain('damaged');
  });
});

/** What the server would say, as main.ts puts it together. */
async function refusalInProcess(settings: Settings): Promise<string> {
  try {
    await start(loadConfig({ ...settings }, ''), pino({ level: 'silent' }));
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    expect(error.message).not.toContain('\n');
    return `${error.setting} ${error.message}`;
  }
  throw new Error('The server has started.');
}

/** The one line on standard error of a server that does not start, without its constant beginning. */
async function refusalOf(settings: Settings): Promise<string> {
  const { code, stdout, stderr } = await ServerProcess.run(settings);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^Bugle cannot start: [^\n]+\n$/);
  return stderr.trim().replace('Bugle cannot start: ', '');
}
