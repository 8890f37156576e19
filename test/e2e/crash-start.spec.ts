import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ServerProcess, type Settings } from '../support/server-process.js';

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
  const refusal = (differences: Settings) =>
    refusalOf({
      DATABASE_URL: database.url,
      BUGLE_MASTER_KEY: masterKey,
      PORT: '0',
      ...differences,
    });

  it.each<[string, Settings, RegExp]>([
    ['a number is none', { PORT: 'many' }, /^PORT is not valid: /],
    ['a number is out of its range', { BUGLE_IN_FLIGHT: '0' }, /^BUGLE_IN_FLIGHT is not valid: /],
    ['a list has a gap', { BUGLE_RETRY_SCHEDULE: '5,,30' }, /^BUGLE_RETRY_SCHEDULE is not valid: /],
    [
      'a network is none',
      { BUGLE_ALLOW_NETWORKS: '10.0.0.0/33' },
      /^BUGLE_ALLOW_NETWORKS is not valid: /,
    ],
    [
      'the database is no PostgreSQL',
      { DATABASE_URL: 'mysql://localhost/x' },
      /^DATABASE_URL is not valid: /,
    ],
    [
      'the master key is too short',
      { BUGLE_MASTER_KEY: 'c2hvcnQ=' },
      /^BUGLE_MASTER_KEY is not valid: /,
    ],
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

  it('another program has the port', async () => {
    const address = taken.address();
    const port = String(typeof address === 'object' && address?.port);
    const line = await refusal({ PORT: port, BUGLE_ADMIN_KEY: adminKey });
    expect(line).toMatch(new RegExp(`^PORT ${port} is in use`));
  });

  it('the data folder cannot be made', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const line = await refusalOf({ PORT: '0', BUGLE_DATA_DIR: join(file, 'data') });
    expect(line).toMatch(/^BUGLE_DATA_DIR .*ENOTDIR/);
  });

  it('another server has the data folder, or its master key was damaged', async () => {
    const settings = { PORT: '0', BUGLE_DATA_DIR: join(folder, 'data') };
    const first = await ServerProcess.start(settings);
    expect(await refusalOf(settings)).toMatch(/^BUGLE_DATA_DIR .* is in use by another Bugle/);

    await first.kill('SIGTERM');
    writeFileSync(join(folder, 'data', 'master-key'), 'damaged\n');
    const line = await refusalOf(settings);
    expect(line).toMatch(/^BUGLE_MASTER_KEY .*master-key does not hold 32 bytes in base64/);
    expect(line).not.toContain('damaged');
  });
});

/** The one line on standard error of a server that does not start, without its constant beginning. */
async function refusalOf(settings: Settings): Promise<string> {
  const { code, stdout, stderr } = await ServerProcess.run(settings);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^Bugle cannot start: [^\n]+\n$/);
  return stderr.trim().replace('Bugle cannot start: ', '');
}
