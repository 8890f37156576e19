import { Client, type ClientConfig } from 'pg';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from './database.js';

const databases: TestDatabase[] = [];

async function create(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  databases.push(database);
  return database;
}

async function query(config: ClientConfig, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(config);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

afterAll(() => Promise.all(databases.map((database) => database.drop())));

it('gives every caller a migrated database of its own', async () => {
  const [one, two] = await Promise.all([create(), create()]);
  const count = 'SELECT count(*)::int AS migrations FROM bugle.migrations';
  expect(await query(two.connection, count)).toEqual(await query(one.connection, count));

  await query(one.connection, 'CREATE TABLE mine ()');
  const seen = await query(two.connection, `SELECT to_regclass('mine') AS mine`);
  expect(seen).toEqual([{ mine: null }]);
});

it('can be reached by its URL, from pg and from TypeORM', async () => {
  const { url, connection } = await create();
  const current = 'SELECT current_database() AS name';
  expect(await query({ connectionString: url }, current)).toEqual([{ name: connection.database }]);

  const dataSource = await new DataSource({ type: 'postgres', url }).initialize();
  const rows: unknown = await dataSource.query(current);
  await dataSource.destroy();
  expect(rows).toEqual([{ name: connection.database }]);
});

it('can be dropped while somebody is connected', async () => {
  const { connection, drop } = await create();
  const client = new Client(connection);
  const cut = new Promise((resolve) => client.on('error', resolve));
  await client.connect();
  await drop();
  await cut;
  await expect(query(connection, 'SELECT 1')).rejects.toThrow('does not exist');
});
