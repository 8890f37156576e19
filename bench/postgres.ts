import { join } from 'node:path';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/database/index.js';

/** A database of one measured server. */
export interface Database {
  readonly url: string;
  /** How many attempts the server has settled, by its own table of that name. */
  settledAttempts(): Promise<number>;
  drop(): Promise<void>;
}

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
    const settledAttempts = async (): Promise<number> => {
      const { rows } = await client.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM ${attempts}`,
      );
      return rows[0]?.n ?? 0;
    };
    const drop = async (): Promise<void> => {
      await client.end();
      await this.administer(`DROP DATABASE ${name} WITH (FORCE)`);
    };
    return { url: this.urlOf(name), settledAttempts, drop };
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
