import { Pool } from 'pg';
import { type Connection, connectionOf } from './data-source.js';

/** A statement that is prepared once on each connection. */
export interface Statement {
  /** Unique among all statements. */
  name: string;
  text: string;
}

/** Enough for two group commits of each stage; more would only wait for the disk together. */
const CONNECTIONS = 8;

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

  constructor(connection: Connection, schema: string) {
    const timeout = `statement_timeout=${STATEMENT_TIMEOUT_MS}`;
    this.pool = new Pool({
      ...connectionOf(connection, [`search_path=${schema}`, timeout, ...PLANNING]),
      application_name: 'bugle statements',
      max: CONNECTIONS,
      connectionTimeoutMillis: 5_000,
      // Where the server's own timeout does not come through, because the network is gone.
      query_timeout: STATEMENT_TIMEOUT_MS,
      keepAlive: true,
    });
    // An idle connection that breaks is replaced by the next use; without a listener it would end the process.
    this.pool.on('error', () => undefined);
  }

  /** Runs a statement in a transaction of its own and answers its rows. */
  async run<Row extends object>(statement: Statement, values: unknown[]): Promise<Row[]> {
    const { rows } = await this.pool.query<Row>({ ...statement, values });
    return rows;
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
