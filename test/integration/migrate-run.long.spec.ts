import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/config/index.js';
import { createDataSource, openOneConnection } from '../../src/database/index.js';
import { migrations } from '../../src/database/migrations/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

const program = join(import.meta.dirname, '..', '..', 'src', 'migrate-run.js');
const TURN = `hashtext('bugle migrations of ' || $1)`;
const NAMES = migrations.map(({ name }) => name);

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Runs it in a folder without an .env file. */
function run(schema: string, args: string[] = [], url = database.url) {
  let [stdout, stderr] = ['', ''];
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: url,
    BUGLE_SCHEMA: schema,
    BUGLE_MASTER_KEY: Buffer.alloc(32).toString('base64'),
  };
  const child = execFile(process.execPath, [program, ...args], { env, cwd: tmpdir() });
  child.stdout?.on('data', (text: string) => (stdout += text));
  child.stderr?.on('data', (text: string) => (stderr += text));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr })),
  );
  return { ended, said: () => stdout };
}

const linesOf = (names: string[]) => names.map((name) => `${name} has run.\n`).join('');
const NOTHING = 'Nothing to do: all migrations have run.\n';

it('says which ran, and that there is nothing to do when it is done', async () => {
  expect(await run('fresh').ended).toEqual({ code: 0, stdout: linesOf(NAMES), stderr: '' });
  expect(await run('fresh').ended).toEqual({ code: 0, stdout: NOTHING, stderr: '' });
});

it('of two at once one runs them, and the other one waits and finds them there', async () => {
  const { connection } = database;
  const dataSource = createDataSource({ connection, schema: 'twice', poolSize: 1 });
  await dataSource.initialize();
  await dataSource.query(`SELECT pg_advisory_lock(${TURN})`, ['twice']);
  const both = [run('twice'), run('twice')];
  await until('both wait', () => both.every(({ said }) => said().includes('Waiting')));
  await dataSource.query(`SELECT pg_advisory_unlock(${TURN})`, ['twice']);
  const ends = await Promise.all(both.map(({ ended }) => ended));
  expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  const outputs = ends.map(({ stdout }) => stdout.replace(/^Another.*\n/, ''));
  expect(outputs.toSorted()).toEqual([NOTHING, linesOf(NAMES)].toSorted());
  await dataSource.destroy();
});

it('that cannot reach the database says which setting to look at, and no password', async () => {
  const url = 'postgres://bugle:s3cret@127.0.0.1:1/bugle';
  const { code, stderr } = await run('fresh', [], url).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^Not migrated: DATABASE_URL names a database that cannot be reached: .*ECONNREFUSED.*\n$/,
  );
  expect(stderr).not.toContain('s3cret');
});

it('says what broke, and what became of the rest', async () => {
  const place = { DATABASE_URL: database.url, BUGLE_DATA_DIR: '', BUGLE_SCHEMA: 'broken' };
  const dataSource = await openOneConnection(place);
  await dataSource.query('CREATE SCHEMA broken');
  await dataSource.query('CREATE TABLE broken.event_outbox ()');
  await dataSource.destroy();
  const { code, stderr } = await run('broken').ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Not migrated: .*event_outbox.* already exists.*run it again\n$/);
});

it.each(['up', 'generate', 'toString'])(
  'is one of a few commands: %s is told in one line, before anything is done',
  async (action) => {
    const script = join(packageRoot, 'scripts', 'run.mjs');
    const ending = promisify(execFile)(process.execPath, [script, 'migrate', action]);
    await expect(ending).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^There is no "migrate ${action}": .*\\n$`)),
    });
  },
);

it('takes no options', async () => {
  const { code, stderr } = await run('fresh', ['--dry-run']).ended;
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^Not migrated: Unknown option/)]);
});
