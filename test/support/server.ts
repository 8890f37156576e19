import { randomBytes } from 'node:crypto';
import { Pool, type PoolClient } from 'pg';
import { Client } from './client.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { type Rig, startHosted } from './server-host.js';
import type { Settings } from './server-process.js';
import { until } from './until.js';

/** A tenant, and a client that holds its admin key. */
export interface TestWorkspace {
  id: string;
  api: Client;
}

/** A server that runs, in whichever process. */
interface Running {
  readonly address: string;
  stop(): Promise<unknown>;
}

/** What a test server is made of. */
export interface TestServerParts<Server extends Running = Running> {
  server: Server;
  settings: Settings;
  /** Removes the database; of a second server on it, it does nothing. */
  drop: () => Promise<void>;
}

let workspaces = 0;

/** The real server on a free port and a database of its own. */
export class TestServer {
  private readonly database: Pool;

  constructor(private readonly parts: TestServerParts) {
    this.database = new Pool({
      connectionString: parts.settings.DATABASE_URL,
      options: '-c search_path=bugle',
      max: 2,
    });
    // Its database is removed under it; what is asked of it later says so.
    this.database.on('error', () => undefined);
  }

  /** http://127.0.0.1:port */
  get address(): string {
    return this.parts.server.address;
  }

  /** The DATABASE_URL that it was started with. */
  get databaseUrl(): string {
    return this.parts.settings.DATABASE_URL ?? '';
  }

  /** A second server on the same database. Stop it first. */
  async join(overrides: Settings = {}): Promise<TestServer> {
    const settings = { ...this.parts.settings, ...overrides };
    return new TestServer({
      settings,
      server: await startHosted(settings),
      drop: () => Promise.resolve(),
    });
  }

  /** Speaks with the admin key of the home workspace. */
  get api(): Client {
    return new Client(this.address, this.parts.settings.BUGLE_ADMIN_KEY);
  }

  /** A further tenant with an admin of its own. */
  async newWorkspace(settings: { acceptUnknownTypes?: boolean } = {}): Promise<TestWorkspace> {
    const name = `workspace ${++workspaces}`;
    const made = await this.api.make<{ id: string; adminKey: string }>('/v1/workspaces', {
      name,
      ...settings,
    });
    return { id: made.id, api: this.api.as(made.adminKey) };
  }

  /** Several statements on one connection, to hold locks in a transaction. */
  connection(): Promise<PoolClient> {
    return this.database.connect();
  }

  /** Asks the server's own database, to see what is really stored. */
  async query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the test says what it expects, and then checks it
    return (await this.database.query(sql, parameters)).rows as Row[];
  }

  /** Resolves when no event waits for its rules any more: one that does changes tables, and meets rules that are made next. */
  async dispatched(): Promise<void> {
    await until('all is dispatched', async () => {
      return (await this.query('SELECT FROM event_outbox')).length === 0;
    });
  }

  /** The number of rows of each table, partitions counted together. */
  async rowCounts(): Promise<Record<string, number>> {
    const tables = await this.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'bugle'::regnamespace
         AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'migrations' ORDER BY 1`,
    );
    const counts = await this.query<{ name: string; n: number }>(
      tables
        .map(({ name }) => `SELECT '${name}' AS name, count(*)::int AS n FROM "${name}"`)
        .join(' UNION ALL '),
    );
    return Object.fromEntries(counts.map(({ name, n }) => [name, n]));
  }

  /** Stops it like Ctrl-C does, and removes the database. */
  async stop(): Promise<void> {
    await this.parts.server.stop();
    await this.database.end();
    await this.parts.drop();
  }
}

/**
 * Starts the server that a spec file talks to, with a database of its own: in beforeAll, with `stop()` in afterAll. It
 * runs in a process that has the code of the server already (server-host.ts), so it takes half a second, and no two
 * spec files see each other. ServerProcess is for what only a process of its own can show, startTestServerHere for what
 * reaches into the application.
 */
export const startTestServer = (overrides: Settings = {}, rig?: Rig): Promise<TestServer> =>
  onNewDatabase(
    overrides,
    async (parts) => new TestServer({ ...parts, server: await startHosted(parts.settings, rig) }),
  );

/** Makes a database and starts a server on it. If that fails, the database is removed. */
export async function onNewDatabase<Server>(
  overrides: Settings,
  start: (parts: Omit<TestServerParts, 'server'>) => Promise<Server>,
): Promise<Server> {
  const database = await createTestDatabase();
  try {
    return await start({
      settings: { ...testSettings(database), ...overrides },
      drop: database.drop,
    });
  } catch (error) {
    await database.drop();
    throw error;
  }
}

function testSettings(database: TestDatabase): Settings {
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: database.url,
    BUGLE_DATABASE_POOL_SIZE: '5',
    BUGLE_MASTER_KEY: randomBytes(32).toString('base64'),
    BUGLE_ADMIN_KEY: `bugle_test_${randomBytes(16).toString('hex')}`,
    BUGLE_ALLOW_NETWORKS: '127.0.0.0/8',
    BUGLE_LOG_LEVEL: 'silent',
    // One that looks for work ten times a second takes a tenth of a processor while it idles, and several run at once.
    BUGLE_SWEEP_INTERVAL_MS: '250',
    BUGLE_SHUTDOWN_GRACE_MS: '1000',
  };
}
