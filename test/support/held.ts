import { DataSource, type EntityManager } from 'typeorm';
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
  write: (manager: EntityManager) => Promise<unknown>,
  meanwhile: () => Promise<Result>,
): Promise<Result> {
  const { begun } = await server.app.get(DataSource).transaction(async (manager) => {
    await write(manager);
    const promise = meanwhile();
    await until('it waits for the lock', async () => (await server.query(WAITING)).length > 0);
    return { begun: promise };
  });
  return begun;
}
