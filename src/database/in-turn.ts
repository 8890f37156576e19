import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';

/** How often whoever waits looks whether the other one is done, in milliseconds. */
const LOOK_EVERY_MS = 200;

/** What one process of a database does at a time. */
interface Turn<Result> {
  /** Of all processes: advisory locks belong to the whole database. */
  name: string;
  /** Is told each time that another process is found at it, how often that was so before. What it throws ends the wait. */
  onWait: (times: number) => void;
  work: (runner: QueryRunner) => Promise<Result>;
}

/** Does some work while no other process does work of this name. Needs one connection, on which the lock is. */
export async function inTurn<Result>(
  dataSource: DataSource,
  { name, onWait, work }: Turn<Result>,
): Promise<Result> {
  const runner = dataSource.createQueryRunner();
  try {
    await takeTurn(runner, name, onWait);
    try {
      return await work(runner);
    } finally {
      // It ends with its session: what broke the connection is what has to be known.
      await runner.query('SELECT pg_advisory_unlock(hashtext($1))', [name]).catch(() => undefined);
    }
  } finally {
    await runner.release();
  }
}

/** Asked for again and again: a statement that waits for it would be one that CREATE INDEX CONCURRENTLY waits for. */
async function takeTurn(
  { manager }: QueryRunner,
  name: string,
  onWait: (times: number) => void,
): Promise<void> {
  const text = 'SELECT pg_try_advisory_lock(hashtext($1)) AS taken';
  for (let times = 0; ; times++) {
    const [turn] = await manager.query<{ taken: boolean }[]>(text, [name]);
    if (turn?.taken) return;
    onWait(times);
    await pause(LOOK_EVERY_MS);
  }
}
