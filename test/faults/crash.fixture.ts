import { randomBytes } from 'node:crypto';
import { Client as Session } from 'pg';
import { Client } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import type { Receiver } from '../support/receiver.js';
import { ServerProcess, type Settings } from '../support/server-process.js';
import { until } from '../support/until.js';
import { countById, eventIdOf } from '../e2e/load.fixture.js';

const IN_FLIGHT = 16;
/** A worker holds at most five times what it sends at once: no more than this can be sent twice after a crash. */
export const MAX_HELD = 5 * IN_FLIGHT;

/** One database on which server processes come and go. */
export class Ground {
  readonly key = `bugle_test_${randomBytes(16).toString('hex')}`;
  private readonly settings: Settings;

  private constructor(
    private readonly database: TestDatabase,
    private readonly session: Session,
  ) {
    this.settings = {
      PORT: '0',
      DATABASE_URL: database.url,
      BUGLE_MASTER_KEY: randomBytes(32).toString('base64'),
      BUGLE_ADMIN_KEY: this.key,
      BUGLE_ALLOW_NETWORKS: '127.0.0.0/8',
      BUGLE_LOG_LEVEL: 'warn',
      BUGLE_IN_FLIGHT: String(IN_FLIGHT),
      BUGLE_SWEEP_INTERVAL_MS: '50',
    };
  }

  static async prepare(): Promise<Ground> {
    const database = await createTestDatabase();
    const session = new Session({ ...database.connection, options: '-c search_path=bugle' });
    await session.connect();
    return new Ground(database, session);
  }

  server(differences: Settings = {}): Promise<ServerProcess> {
    return ServerProcess.start({ ...this.settings, ...differences });
  }

  api(server: ServerProcess): Client {
    return new Client(server.address, this.key);
  }

  async query<Row extends object>(sql: string): Promise<Row[]> {
    return (await this.session.query<Row>(sql)).rows;
  }

  /** Resolves when nothing is left to dispatch or to send. */
  async finished(): Promise<void> {
    await until(
      'all work is done',
      async () => {
        const [row] = await this.query<{ n: number }>(
          `SELECT ((SELECT count(*) FROM event_outbox) + (SELECT count(*) FROM delivery_queue))::int AS n`,
        );
        return row?.n === 0;
      },
      30_000,
    );
  }

  /** Stored attempts of each delivery. */
  async attempts(): Promise<Map<string, number>> {
    const rows = await this.query<{ id: string; n: number }>(
      'SELECT delivery_id AS id, count(*)::int AS n FROM attempts GROUP BY 1',
    );
    return new Map(rows.map(({ id, n }) => [id, n]));
  }

  async clear(): Promise<void> {
    await this.session.end();
    await this.database.drop();
  }
}

/** Which of these events have not arrived at the receiver. */
export function missing(eventIds: ReadonlySet<string>, { requests }: Receiver): string[] {
  const arrived = new Set(requests.map(eventIdOf));
  return [...eventIds].filter((id) => !arrived.has(id));
}

/** How many requests were sent more than once. */
export function sentAgain({ requests }: Receiver): number {
  return requests.length - countById(requests).size;
}
