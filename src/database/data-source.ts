import { randomUUID } from 'node:crypto';
import type { ClientConfig } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { migrations } from './migrations/index.js';
import { isAtWorkFor, impatientSocket } from './silence.js';
import { SteadyClient } from './steady-client.js';

/** Connections that nobody needs are closed. */
const IDLE_MS = 30_000;
/** So often a silent connection shows whatever is in between that it is used, and finds out that the server's machine is gone. */
const KEEP_ALIVE_MS = 10_000;

/** Where the database is: its parts (an embedded or a test one), or a URL. */
export type Connection =
  | { host?: string; port?: number; user?: string; password?: string; database?: string }
  | { url: string };

/** What a DataSource needs to know. */
export interface DataSourceSettings {
  connection: Connection;
  /** The SQL schema of all of Bugle's tables; the search path, so statements name tables without it. */
  schema: string;
  /** Connections in the pool, at most. Default 10. */
  poolSize?: number;
  /** A connection on which nothing has come for so many milliseconds is given up. Unlimited where nothing is said. */
  maxSilenceMs?: number;
  /** Not given up as long as the server is at work for it, which it is asked then: a statement may take hours. */
  mayTakeLong?: boolean;
  /** Entity classes of the modules (src/entities.ts). Migrations need none. */
  entities?: NonNullable<DataSourceOptions['entities']>;
}

/** The only place that says how Bugle's DataSource is made; `ormconfig.ts` and the server both come here. */
export function createDataSource(settings: DataSourceSettings): DataSource {
  const { schema, poolSize = 10, entities = [] } = settings;
  const { place, applicationName, stream } = named(settings);
  const { connection, options } = withSettings(place, [`search_path=${schema}`]);
  return new DataSource({
    type: 'postgres',
    ...address(connection),
    schema,
    entities,
    migrations,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    applicationName,
    poolSize,
    connectTimeoutMS: 5_000,
    extra: {
      Client: SteadyClient,
      options,
      idleTimeoutMillis: IDLE_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      stream,
    },
  });
}

/** What may take long has a name of its own, by which the server knows its session. */
function named({ connection, maxSilenceMs = 0, mayTakeLong = false }: DataSourceSettings) {
  if (!mayTakeLong) {
    const stream = () => impatientSocket(maxSilenceMs);
    return { place: connection, applicationName: 'bugle', stream };
  }
  const applicationName = `bugle ${randomUUID()}`;
  const isServed = () => isAtWorkFor(connectionOf(connection), applicationName, maxSilenceMs);
  const stream = () => impatientSocket(maxSilenceMs, isServed);
  return { place: withoutName(connection), applicationName, stream };
}

/** pg lets the name in a URL replace ours. */
function withoutName(connection: Connection): Connection {
  if (!('url' in connection)) return connection;
  const url = new URL(connection.url);
  if (!url.searchParams.has('application_name')) return connection;
  url.searchParams.delete('application_name');
  return { url: url.href };
}

/** The same place for pg itself, with server settings (`name=value`) that hold from the first statement on. */
export function connectionOf(place: Connection, settings: readonly string[] = []): ClientConfig {
  const { connection, options } = withSettings(place, settings);
  return 'url' in connection
    ? { connectionString: connection.url, options }
    : { ...connection, options };
}

/**
 * Takes the `options` out of a URL and puts ours after them: pg lets the URL's replace all others, the search path
 * too; the server lets the last one win.
 */
function withSettings(connection: Connection, settings: readonly string[]) {
  const ours = settings.map((setting) => `-c ${setting}`);
  if (!('url' in connection)) return { connection, options: ours.join(' ') };
  const url = new URL(connection.url);
  const theirs = url.searchParams.getAll('options');
  url.searchParams.delete('options');
  const options = [...theirs, ...ours].join(' ');
  // A URL without options stays as it was written.
  return { connection: theirs.length > 0 ? { url: url.href } : connection, options };
}

function address(connection: Connection) {
  if ('url' in connection) return { url: connection.url };
  const { user, ...rest } = connection;
  return { ...rest, username: user };
}
