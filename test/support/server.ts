import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { loadConfig } from '../../src/config/index.js';
import { createLogger } from '../../src/logger.js';
import { type RunningServer, start } from '../../src/start.js';
import { Client } from './client.js';
import { createTestDatabase, type TestDatabase } from './database.js';

/** A tenant, and a client that holds its admin key. */
export interface TestWorkspace {
  id: string;
  api: Client;
}

const NO_ENV_FILE = '';
let workspaces = 0;

/** The real server, in this process, on a free port and a database of its own. */
export class TestServer {
  private constructor(
    private readonly server: RunningServer,
    private readonly settings: Record<string, string>,
    /** Removes the database; of a second process it does nothing. */
    private readonly drop: () => Promise<void>,
  ) {}

  static async start(overrides: Record<string, string> = {}): Promise<TestServer> {
    const database = await createTestDatabase();
    const settings = { ...testSettings(database), ...overrides };
    try {
      return new TestServer(await run(settings), settings, database.drop);
    } catch (error) {
      await database.drop();
      throw error;
    }
  }

  /** A second server on the same database, as another process would be. Stop it first. */
  async join(overrides: Record<string, string> = {}): Promise<TestServer> {
    const settings = { ...this.settings, ...overrides };
    return new TestServer(await run(settings), settings, () => Promise.resolve());
  }

  /** http://127.0.0.1:port */
  get address(): string {
    return this.server.address;
  }

  /** The application: to reach a service of it. */
  get app(): RunningServer['app'] {
    return this.server.app;
  }

  /** Speaks with the admin key of the home workspace. */
  get api(): Client {
    return new Client(this.server.address, this.settings.BUGLE_ADMIN_KEY);
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

  /** Asks the server's own database, to see what is really stored. */
  query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.app.get(DataSource).query<Row[]>(sql, parameters);
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
    await this.server.stop();
    await this.drop();
  }
}

/** Starts the server that a spec file talks to: in beforeAll, with `stop()` in afterAll. */
export const startTestServer = (overrides?: Record<string, string>): Promise<TestServer> =>
  TestServer.start(overrides);

function testSettings(database: TestDatabase): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: database.url,
    BUGLE_DATABASE_POOL_SIZE: '5',
    BUGLE_MASTER_KEY: randomBytes(32).toString('base64'),
    BUGLE_ADMIN_KEY: `bugle_test_${randomBytes(16).toString('hex')}`,
    BUGLE_ALLOW_NETWORKS: '127.0.0.0/8',
    BUGLE_LOG_LEVEL: 'silent',
    BUGLE_SWEEP_INTERVAL_MS: '50',
    BUGLE_SHUTDOWN_GRACE_MS: '1000',
  };
}

function run(settings: Record<string, string>): Promise<RunningServer> {
  const config = loadConfig(settings, NO_ENV_FILE);
  return start(config, createLogger(config.BUGLE_LOG_LEVEL).logger);
}
