import type { DataSource } from 'typeorm';
import type { Config } from '../config/index.js';
import { reasonOf, StartupError } from '../startup-error.js';
import { type Connection, createDataSource } from './data-source.js';
import { embeddedConnection } from './embedded/index.js';

/** A server that has said nothing for so long is asked whether it is still at it, and has as long to answer. */
const MAX_SILENCE_MS = 10_000;

type Place = Pick<Config, 'DATABASE_URL' | 'BUGLE_DATA_DIR' | 'BUGLE_SCHEMA'>;

/**
 * For a program that does one thing and ends. Without DATABASE_URL: to the embedded PostgreSQL of a server that is running.
 * @throws StartupError with what PostgreSQL or the network said
 */
export async function openOneConnection(place: Place): Promise<DataSource> {
  const { DATABASE_URL: url, BUGLE_DATA_DIR: dataDir, BUGLE_SCHEMA: schema } = place;
  const connection = url ? { url } : embeddedConnection(dataDir);
  try {
    return await oneConnection(connection, schema).initialize();
  } catch (error) {
    throw new StartupError(
      'DATABASE_URL',
      `names a database that cannot be reached: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

/**
 * One connection, not opened yet, that waits as long as the server works for it: a migration may rewrite a large table. When
 * the server is gone, whoever waits is told within half a minute.
 */
export function oneConnection(connection: Connection, schema: string): DataSource {
  const maxSilenceMs = MAX_SILENCE_MS;
  return createDataSource({ connection, schema, poolSize: 1, maxSilenceMs, mayTakeLong: true });
}
