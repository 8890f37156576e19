import type { Pool, PoolClient } from 'pg';
import type { EntityManager } from 'typeorm';
import { type Connection, connectionOf } from './data-source.js';
import { type PoolState, stateOfPool } from './pool-state.js';
import { endSoon, steadyPool } from './steady-pool.js';

/** A statement that is prepared once on each connection. */
export interface Statement {
  /** Unique among all statements. */
  name: string;
  text: string;
  /** For whoever cannot wait for long: after so many milliseconds it fails, and its connection is given up. */
  answerWithinMs?: number;
}

/** How long a statement took, in milliseconds. `waitMs`: before it had a connection. */
export interface Timing {
  name: string;
  waitMs: number;
  ms: number;
}

/** Whatever runs statements: the pool, or one transaction. */
export type Runner = Pick<Statements, 'run'>;

/** Enough for two group commits of each stage; more would only wait for the disk together. */
const CONNECTIONS = 8;

/** A 202 is worth what a commit is worth, whatever was set for the role or the database. */
const DURABLE = 'synchronous_commit=on';

/** No statement of the pipeline takes near as long: whatever it waits for then, its caller should try again. */
const STATEMENT_TIMEOUT_MS = 30_000;

/**
 * Every hot statement looks rows up by key, whatever the tables hold: its one plan is made once and kept, and it
 * must never be a scan that looked cheap while the tables were small.
 */
const PLANNING = [
  'plan_cache_mode=force_generic_plan',
  'jit=off',
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
];

/**
 * The statements of the pipeline itself (publish, enqueue, claim, settle): prepared, over many rows each. Everything
 * else goes through TypeORM.
 */
export class Statements {
  private readonly pool: Pool;
  private onTimed: (timing: Timing) => void = () => undefined;

  constructor(connection: Connection, schema: string) {
    const timeout = `statement_timeout=${STATEMENT_TIMEOUT_MS}`;
    this.pool = steadyPool({
      ...connectionOf(connection, [`search_path=${schema}`, timeout, DURABLE, ...PLANNING]),
      application_name: 'bugle statements',
      max: CONNECTIONS,
      connectionTimeoutMillis: 5_000,
      // Where the server's own timeout does not come through, because the network is gone.
      query_timeout: STATEMENT_TIMEOUT_MS,
    });
  }

  /** The connections of its pool. */
  get connections(): PoolState | undefined {
    return stateOfPool(this.pool);
  }

  /** Names the one who is told how long each statement took. */
  time(onTimed: (timing: Timing) => void): void {
    this.onTimed = onTimed;
  }

  /** Runs a statement in a transaction of its own and answers its rows. */
  async run<Row extends object>(statement: Statement, values: unknown[]): Promise<Row[]> {
    const { name, text, answerWithinMs } = statement;
    const limit = answerWithinMs && { query_timeout: answerWithinMs };
    const asked = performance.now();
    const client = await this.pool.connect();
    const connected = performance.now();
    try {
      const { rows } = await client.query<Row>({ name, text, values, ...limit });
      client.release();
      this.onTimed({ name, waitMs: connected - asked, ms: performance.now() - connected });
      return rows;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Runs several statements, all or nothing. */
  async transaction<Result>(work: (transaction: Runner) => Promise<Result>): Promise<Result> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const result = await work(runnerOn(client));
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      // What is open on it is not known: closing the connection rolls back whatever it is.
      client.release(true);
      throw error;
    }
  }

  /** Resolves when no connection is left, or soon. */
  close(): Promise<void> {
    return endSoon(this.pool);
  }
}

/** Runs prepared statements within a transaction of TypeORM. */
export function runnerOf(manager: EntityManager): Runner {
  return {
    run: <Row extends object>({ text }: Statement, values: unknown[]) =>
      manager.query<Row[]>(text, values),
  };
}

function runnerOn(client: PoolClient): Runner {
  return {
    run: async <Row extends object>(statement: Statement, values: unknown[]) =>
      (await client.query<Row>({ ...statement, values })).rows,
  };
}
