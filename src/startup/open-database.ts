import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import type { Config } from '../config/index.js';
import {
  type Connection,
  createDataSource,
  DatabaseSession,
  ensurePartitions,
  migrate,
  oneConnection,
  type OpenDatabase,
  PartitionUpkeep,
  Searches,
  startEmbeddedPostgres,
  Statements,
} from '../database/index.js';
import { entities } from '../entities.js';
import { reasonOf, StartupError } from '../startup-error.js';
import type { Undo } from './undo.js';

/** No statement of a running server takes near as long: a connection that is silent for longer has lost its server. */
const MAX_SILENCE_MS = 60_000;

/** What opening the database needs besides a connection. */
interface Surroundings {
  config: Config;
  logger: Logger;
  undo: Undo;
}

/** Where the database of the settings is. The embedded one is started. */
export async function locateDatabase(config: Config, undo: Undo): Promise<Connection> {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL };
  const postgres = await startEmbeddedPostgres({ dataDir: config.BUGLE_DATA_DIR });
  undo.add('the embedded PostgreSQL', () => postgres.stop(), { isWaitedFor: true });
  return postgres.connection;
}

/**
 * Opens the database. Its tables are as this version wants them, and stay so.
 * @throws StartupError with what PostgreSQL or the network said
 */
export async function openDatabase(
  connection: Connection,
  { config, logger, undo }: Surroundings,
): Promise<OpenDatabase> {
  const schema = config.BUGLE_SCHEMA;
  await prepareTables(connection, schema, logger);
  const dataSource = await connect(connection, config, undo);
  keepPartitions(dataSource, { config, logger, undo });
  const session = new DatabaseSession(connection, schema, logger);
  undo.add('the session with the database', () => session.close());
  await session.open();
  const statements = new Statements(connection, schema);
  undo.add('the statements', () => statements.close());
  const searches = new Searches(connection, schema);
  undo.add('the searches', () => searches.close());
  return { dataSource, session, statements, searches };
}

/** On a connection of its own, which may take long. */
async function prepareTables(
  connection: Connection,
  schema: string,
  logger: Logger,
): Promise<void> {
  const dataSource = oneConnection(connection, schema);
  await reach(dataSource);
  try {
    await explained('names a database whose tables cannot be prepared', async () => {
      await migrate(dataSource, schema, () =>
        logger.warn('migrations.waiting_for_another_process'),
      );
      await ensurePartitions(dataSource, Date.now());
    });
  } finally {
    await dataSource.destroy();
  }
}

async function connect(connection: Connection, config: Config, undo: Undo): Promise<DataSource> {
  const { BUGLE_SCHEMA: schema, BUGLE_DATABASE_POOL_SIZE: poolSize } = config;
  const maxSilenceMs = MAX_SILENCE_MS;
  const dataSource = createDataSource({ connection, schema, poolSize, maxSilenceMs, entities });
  undo.add('the connections', async () => dataSource.isInitialized && dataSource.destroy());
  await reach(dataSource);
  return dataSource;
}

function reach(dataSource: DataSource): Promise<void> {
  return explained('names a database that cannot be reached', () => dataSource.initialize());
}

async function explained(what: string, step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    throw new StartupError('DATABASE_URL', `${what}: ${reasonOf(error)}`, { cause: error });
  }
}

function keepPartitions(dataSource: DataSource, { config, logger, undo }: Surroundings): void {
  const keepDays = config.BUGLE_ROLE === 'api' ? undefined : config.BUGLE_RETENTION_DAYS;
  const upkeep = new PartitionUpkeep(dataSource, logger, keepDays);
  upkeep.start();
  undo.add('the upkeep of partitions', () => upkeep.stop());
}
