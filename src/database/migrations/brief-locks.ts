import { setTimeout as pause } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import { isLockTimeout } from '../violations.js';

/** Whoever waits for a table makes everybody wait who comes after: so long at most, in milliseconds, */
const WAIT_MS = 300;
/** and the others have so long until the next try. */
const PAUSE_MS = 700;
/** After ten minutes somebody should look who keeps the table. */
const TRIES = 600;

/**
 * Runs a statement that takes a table for itself for a moment, while others work on it. It is a transaction of its own, so
 * the migration has none, and that one statement: with a second table it could meet somebody who takes the two the
 * other way round.
 * @throws what PostgreSQL said, when somebody keeps the table for ten minutes
 */
export async function withBriefLock(runner: QueryRunner, statement: string): Promise<void> {
  for (let left = TRIES; !(await isDone(runner, statement, left)); left--) await pause(PAUSE_MS);
}

async function isDone(runner: QueryRunner, statement: string, left: number): Promise<boolean> {
  try {
    await runner.manager.transaction(async (manager) => {
      await manager.query(`SET LOCAL lock_timeout = ${WAIT_MS}`);
      await manager.query(statement);
    });
    return true;
  } catch (error) {
    if (left > 1 && isLockTimeout(error)) return false;
    throw error;
  }
}
