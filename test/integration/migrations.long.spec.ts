import type { DataSource, QueryRunner } from 'typeorm';
import { createDataSource, migrate } from '../../src/database/index.js';
import { migrations } from '../../src/database/migrations/index.js';
import { entities } from '../../src/entities.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  const { connection } = database;
  dataSource = createDataSource({ connection, schema: 'bugle', poolSize: 2, entities });
  await dataSource.initialize();
  // The days that the template has already are no part of a migration.
  await dataSource.query(`
    DO $$ DECLARE day regclass; BEGIN
      FOR day IN SELECT oid FROM pg_class
        WHERE relnamespace = 'bugle'::regnamespace AND relkind = 'r' AND relispartition
      LOOP EXECUTE 'DROP TABLE ' || day; END LOOP;
    END $$`);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** Everything that the schema is made of, as text. */
async function schema(): Promise<unknown[]> {
  return Promise.all([
    dataSource.query(
      `SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
       WHERE table_schema = 'bugle' AND table_name <> 'migrations' ORDER BY 1, ordinal_position`,
    ),
    dataSource.query(
      `SELECT indexdef FROM pg_indexes WHERE schemaname = 'bugle' AND tablename <> 'migrations' ORDER BY 1`,
    ),
    dataSource.query(
      `SELECT conrelid::regclass::text AS on_table, conname, pg_get_constraintdef(oid) AS rule FROM pg_constraint
       WHERE connamespace = 'bugle'::regnamespace AND conrelid <> 'bugle.migrations'::regclass ORDER BY 1, 2`,
    ),
    dataSource.query(
      `SELECT relname, relkind FROM pg_class WHERE relnamespace = 'bugle'::regnamespace AND relkind <> 'i'
       AND relname NOT LIKE '%migrations%' ORDER BY 1`,
    ),
  ]);
}

it('go up, down to nothing, and up to the same schema again', async () => {
  const before = await schema();
  expect(before.flat().length).toBeGreaterThan(80);
  for (const _ of migrations) await dataSource.undoLastMigration();
  expect(await schema()).toEqual([[], [], [], []]);
  const run = await dataSource.runMigrations();
  expect(run).toHaveLength(migrations.length);
  expect(await schema()).toEqual(before);
});

it('leave nothing to be done', async () => {
  expect(await dataSource.showMigrations()).toBe(false);
  expect(await dataSource.runMigrations()).toEqual([]);
});

/** TypeORM reads the tables side by side on one connection, which pg is about to refuse: here they are read in turn. */
function askInTurn(runner: QueryRunner): QueryRunner {
  const ask = runner.query.bind(runner);
  let last: Promise<unknown> = Promise.resolve();
  Reflect.set(runner, 'query', (...question: Parameters<typeof ask>) => {
    const answer = last.then(() => ask(...question));
    last = answer.catch(() => undefined);
    return answer;
  });
  return runner;
}

it('give the tables exactly the columns, keys and indexes that the entities say', async () => {
  const newRunner = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (mode) => askInTurn(newRunner(mode));
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  expect(upQueries.map(({ query }) => query)).toEqual([]);
});

it('are run by one process, of several that start at once', async () => {
  const schemaName = 'together';
  const place = { connection: database.connection, schema: schemaName, poolSize: 1 };
  const processes = await Promise.all(
    Array.from({ length: 3 }, () => createDataSource(place).initialize()),
  );
  await Promise.all(processes.map((each) => migrate(each, schemaName)));
  const done = await dataSource.query<unknown[]>(
    'SELECT name FROM together.migrations ORDER BY id',
  );
  expect(done).toEqual(migrations.map(({ name }) => ({ name })));
  const locks = await dataSource.query<unknown[]>(
    `SELECT FROM pg_locks WHERE locktype = 'advisory'
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  expect(locks).toEqual([]);
  for (const each of processes) await each.destroy();
});

it('are listed oldest first', () => {
  const names = migrations.map(({ name }) => name);
  const times = names.map((name) => Number(/\d{13}$/.exec(name)?.[0]));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});
