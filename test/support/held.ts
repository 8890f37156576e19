import type { PoolClient } from 'pg';
import type { TestServer } from './server.js';
import { until } from './until.js';

const WAITING = `SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock'`;

/**
 * Makes two writers meet: `write` runs in a transaction that commits only when `meanwhile`, begun after it, waits
 * for its locks. Answers what came of `meanwhile`.
 */
export async function whileHeld<Result>(
  server: TestServer,
  write: (manager: PoolClient) => Promise<unknown>,
  meanwhile: () => Promise<Result>,
): Promise<Result> {
  const manager = await server.connection();
  try {
    await manager.query('BEGIN');
    await write(manager);
    const begun = meanwhile();
    await until('it waits for the lock', async () => (await server.query(WAITING)).length > 0);
    await manager.query('COMMIT');
    return await begun;
  } finally {
    // Not used again: a failure may have left its transaction open.
    manager.release(true);
  }
}
