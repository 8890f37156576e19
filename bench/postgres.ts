import { join } from 'node:path';
import { Client } from 'pg';
import { processorMicros } from './processor-time.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/database/index.js';

/** A database of one measured server. */
export interface Database {
  readonly url: string;
  /** How many attempts the server has settled, by its own table of that name. */
  settledAttempts(): Promise<number>;
  /** User and system time of everything that PostgreSQL runs for it now, in microseconds; NaN where nobody tells it. */
  cpuMicros(): Promise<number>;
  /** For what a measurement prepares or looks up itself. */
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** Those that were there all the time between two looks; the one that asks is the benchmark's own. */
const BACKENDS = `SELECT pid FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND (datname = current_database() OR datname IS NULL)`;

/** One embedded PostgreSQL with the settings that Bugle ships: fsync and synchronous_commit are on. */
export class BenchPostgres {
  private created = 0;

  private constructor(private readonly postgres: EmbeddedPostgres) {}

  static async start(folder: string): Promise<BenchPostgres> {
    return new BenchPostgres(await startEmbeddedPostgres({ dataDir: join(folder, 'data') }));
  }

  /** A fresh, empty database. `attempts` names the table to count in. */
  async createDatabase(attempts: string): Promise<Database> {
    const name = `bench_${++this.created}`;
    await this.administer(`CREATE DATABASE ${name}`, 'CHECKPOINT');
    const client = new Client({ ...this.postgres.connection, database: name });
    await client.connect();
    const query = async <Row extends object>(text: string, values: unknown[] = []) =>
      (await client.query<Row>(text, values)).rows;
    const settledAttempts = async (): Promise<number> => {
      const [row] = await query<{ n: number }>(`SELECT count(*)::int AS n FROM ${attempts}`);
      return row?.n ?? 0;
    };
    const cpuMicros = async (): Promise<number> => {
      const backends = await query<{ pid: number }>(BACKENDS);
      return backends.reduce((sum, { pid }) => sum + processorMicros(pid), 0);
    };
    const drop = async (): Promise<void> => {
      await client.end();
      await this.administer(`DROP DATABASE ${name} WITH (FORCE)`);
    };
    return { url: this.urlOf(name), settledAttempts, cpuMicros, query, drop };
  }

  stop(): Promise<void> {
    return this.postgres.stop();
  }

  private async administer(...statements: string[]): Promise<void> {
    const client = new Client({ ...this.postgres.connection, database: 'postgres' });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  }

  /** The folder of a socket goes into the query part; an address may stand there as well. */
  private urlOf(database: string): string {
    const { host, port, user, password } = this.postgres.connection;
    const place = new URLSearchParams({ host, port: String(port) });
    return `postgres://${user}:${password ?? ''}@localhost/${database}?${place.toString()}`;
  }
}
