import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource } from '../../src/database/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { dayAgo, fillDay, makeDays, placesOf } from './retention.fixture.js';

const program = join(import.meta.dirname, '..', '..', 'src', 'retention-run.js');
const OLD = dayAgo(40);
const WAITING = dayAgo(39);

let database: TestDatabase;
let dataSource: ReturnType<typeof createDataSource>;

beforeAll(async () => {
  database = await createTestDatabase();
  const { connection } = database;
  dataSource = await createDataSource({ connection, schema: 'bugle', poolSize: 2 }).initialize();
  await makeDays(dataSource, OLD.start);
  await makeDays(dataSource, dayAgo(0).start);
  await fillDay(dataSource, OLD.start, 5);
  await fillDay(dataSource, WAITING.start, 1);
  await dataSource.query(
    `INSERT INTO event_outbox SELECT id FROM events_${WAITING.day} ON CONFLICT DO NOTHING`,
  );
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** Runs it in a folder without an .env file. */
function run(args: string[], settings: Record<string, string> = {}) {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: database.url,
    BUGLE_MASTER_KEY: Buffer.alloc(32).toString('base64'),
    ...settings,
  };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { env, cwd: tmpdir() },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

const lineOf = (text: string, day: string) => {
  const date = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
  return text.split('\n').find((line) => line.startsWith(date));
};

it('with --dry-run says of each day what would become of it, and changes nothing', async () => {
  const { code, stdout } = await run(['--dry-run']);
  expect(code).toBe(0);
  expect(lineOf(stdout, OLD.day)).toMatch(/ 15 +\d[\d.]* kB +would be dropped$/);
  expect(lineOf(stdout, WAITING.day)).toMatch(/kept: 1 event and 0 deliveries still to be done$/);
  expect(lineOf(stdout, dayAgo(0).day)).toMatch(/kept: not old enough$/);
  expect(stdout).toMatch(/Would be dropped: 8 days, /);
  expect((await placesOf(dataSource, OLD.day)).inside).toHaveLength(4);
});

it('drops them, tells how long it took, and finds nothing more to do', async () => {
  const { code, stdout } = await run([]);
  expect(code).toBe(0);
  expect(lineOf(stdout, OLD.day)).toMatch(/dropped in \d+ ms$/);
  expect(lineOf(stdout, WAITING.day)).toMatch(/still to be done$/);
  expect(stdout).toMatch(/Dropped: 8 days, /);
  expect(await placesOf(dataSource, OLD.day)).toEqual({ inside: [], outside: [] });
  expect((await run([])).stdout).toMatch(/Dropped: 0 days, 0 B\./);
});

it.each([
  ['an option that it does not know', ['--force'], {}, /The only option is --dry-run/],
  [
    'no database to reach',
    [],
    { DATABASE_URL: 'postgres://127.0.0.1:1/none' },
    /DATABASE_URL names/,
  ],
  [
    'a schema without tables',
    [],
    { BUGLE_SCHEMA: 'other' },
    /BUGLE_SCHEMA is other, and there are no/,
  ],
  [
    'no server in embedded mode',
    [],
    { DATABASE_URL: '', BUGLE_DATA_DIR: mkdtempSync(join(tmpdir(), 'bugle-')) },
    /No embedded PostgreSQL runs .* Start Bugle first/,
  ],
])('with %s says what to do', async (_, args, settings, message) => {
  const { code, stdout, stderr } = await run(args, settings);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(message);
});
