import { connectionOf } from '../../src/database/data-source.js';
import { createDataSource, isOutage, Statements } from '../../src/database/index.js';
import { steadyPool } from '../../src/database/steady-pool.js';
import { isSilence } from '../../src/database/violations.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { LossyWay } from '../support/lossy-way.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const OPTIONS = '-c search_path=public -c enable_seqscan=on -c work_mem=7MB';
/** A DATABASE_URL with server settings of its operator's. */
const connection = () => ({ url: `${database.url}&options=${encodeURIComponent(OPTIONS)}` });

const setting = (name: string) => `current_setting('${name}') AS ${name}`;

it('the statements keep their schema, planning and timeout, and take what else a URL sets', async () => {
  const statements = new Statements(connection(), 'bugle');
  const names = ['search_path', 'enable_seqscan', 'work_mem', 'statement_timeout'];
  const text = `SELECT ${names.map(setting).join(', ')}`;
  expect(await statements.run({ name: 'settings', text }, [])).toEqual([
    { search_path: 'bugle', enable_seqscan: 'off', work_mem: '7MB', statement_timeout: '30s' },
  ]);
  await statements.close();
});

it('so does TypeORM', async () => {
  const dataSource = createDataSource({ connection: connection(), schema: 'bugle', poolSize: 1 });
  await dataSource.initialize();
  const text = `SELECT ${['search_path', 'work_mem'].map(setting).join(', ')}`;
  expect(await dataSource.query(text)).toEqual([{ search_path: 'bugle', work_mem: '7MB' }]);
  await dataSource.destroy();
});

it('a connection on which nothing comes for too long is given up, and the next one works', async () => {
  const place = { connection: connection(), schema: 'bugle', poolSize: 1, maxSilenceMs: 300 };
  const dataSource = await createDataSource(place).initialize();
  const refusal: unknown = await dataSource.query('SELECT pg_sleep(20)').catch((e: unknown) => e);
  expect(isOutage(refusal)).toBe(true);
  expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await dataSource.destroy();
});

/** A connection that is asked about after a fifth of a second, and where nobody answers in as long again, given up. */
function openForLong(url: string) {
  const bounds = { poolSize: 1, maxSilenceMs: 200, mayTakeLong: true };
  return createDataSource({ connection: { url }, schema: 'bugle', ...bounds }).initialize();
}

describe('a connection whose statements may take long', () => {
  it.each(['', '&application_name=theirs'])(
    'waits as long as the server is at it, with %j in the URL',
    async (more) => {
      const dataSource = await openForLong(`${database.url}${more}`);
      expect(await dataSource.query('SELECT pg_sleep(1)')).toHaveLength(1);
      await dataSource.destroy();
    },
  );

  it('is given up when nobody answers for the server any more', async () => {
    const way = await LossyWay.to(database.url);
    const dataSource = await openForLong(way.url);
    const asked = dataSource.query('SELECT pg_sleep(20)').catch((error: unknown) => error);
    way.silence();
    expect(isOutage(await asked)).toBe(true);
    await dataSource.destroy();
    way.close();
  });

  it('is given up when the server has no more to say, and what it said was lost', async () => {
    const way = await LossyWay.to(database.url);
    const dataSource = await openForLong(way.url);
    const asked = dataSource.query('SELECT pg_sleep(0.1)').catch((error: unknown) => error);
    way.silence();
    way.speak();
    expect(isOutage(await asked)).toBe(true);
    await dataSource.destroy();
    way.close();
  });

  it('is given up when the server has forgotten it, and nobody hung up', async () => {
    const way = await LossyWay.to(database.url);
    const dataSource = await openForLong(way.url);
    const [own] = await dataSource.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
    const asked = dataSource.query('SELECT pg_sleep(20)').catch((error: unknown) => error);
    way.silence();
    const other = await createDataSource({
      connection: connection(),
      schema: 'bugle',
    }).initialize();
    await other.query('SELECT pg_terminate_backend($1, 5000)', [own?.pid]);
    way.speak();
    expect(isOutage(await asked)).toBe(true);
    await Promise.all([dataSource.destroy(), other.destroy()]);
    way.close();
  });
});

it('a statement that cannot wait fails after its time, and the next one works', async () => {
  const statements = new Statements(connection(), 'bugle');
  const slow = { name: 'slow', text: 'SELECT pg_sleep(20)', answerWithinMs: 200 };
  const refusal: unknown = await statements.run(slow, []).catch((e: unknown) => e);
  expect(isOutage(refusal)).toBe(true);
  expect(await statements.run({ name: 'one', text: 'SELECT 1 AS one' }, [])).toEqual([{ one: 1 }]);
  await statements.close();
});

it('what pg says when it has waited for too long is known for what it is: it has no code', async () => {
  const pool = steadyPool({ ...connectionOf(connection()), max: 1, connectionTimeoutMillis: 500 });
  const only = await pool.connect();
  const noneFree: unknown = await pool.connect().catch((error: unknown) => error);
  const slow = { text: 'SELECT pg_sleep(20)', query_timeout: 50 };
  const noAnswer: unknown = await only.query(slow).catch((error: unknown) => error);
  expect([noneFree, noAnswer].map(isSilence)).toEqual([true, true]);
  only.release(true);
  await pool.end();
});
