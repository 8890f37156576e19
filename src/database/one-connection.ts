import type { DataSource } from 'typeorm';
import type { Config } from '../config/index.js';
import { reasonOf, StartupError } from '../startup-error.js';
import { createDataSource } from './data-source.js';
import { embeddedConnection } from './embedded/index.js';

type Place = Pick<Config, 'DATABASE_URL' | 'BUGLE_DATA_DIR' | 'BUGLE_SCHEMA'>;

/**
 * For a program that does one thing and ends. Without DATABASE_URL: to the embedded PostgreSQL of a server that is running.
 * @throws StartupError with what PostgreSQL or the network said
 */
export async function openOneConnection(place: Place): Promise<DataSource> {
  const { DATABASE_URL: url, BUGLE_DATA_DIR: dataDir, BUGLE_SCHEMA: schema } = place;
  const connection = url ? { url } : embeddedConnection(dataDir);
  try {
    return await createDataSource({ connection, schema, poolSize: 1 }).initialize();
  } catch (error) {
    throw new StartupError(
      'DATABASE_URL',
      `names a database that cannot be reached: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}
