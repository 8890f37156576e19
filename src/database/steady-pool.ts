import { setTimeout as pause } from 'node:timers/promises';
import { Pool, type PoolConfig } from 'pg';
import { SteadyClient } from './steady-client.js';

/** A server that hangs must not keep the process from ending. */
const CLOSE_TIMEOUT_MS = 2_000;

/** A pool that does not take the process with it, whatever becomes of its connections. */
export function steadyPool(config: PoolConfig): Pool {
  const pool = new Pool({ Client: SteadyClient, keepAlive: true, ...config });
  // An idle connection that breaks is replaced by the next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}

/** Resolves when no connection is left, or soon. */
export async function endSoon(pool: Pool): Promise<void> {
  await Promise.race([pool.end(), pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
}
