import { setTimeout as pause } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';

/** Is told that another process is at it, when there is one. */
type OnWait = () => void;

/** How often whoever waits looks whether the other one is done, in milliseconds. */
const LOOK_EVERY_MS = 200;

/**
 * Creates the schema where it is missing and runs the migrations that have not run yet. Of several processes that start
 * together one does it; the others wait, and find everything there. Needs one connection. Answers the names of those that
 * ran here, oldest first.
 */
export async function migrate(
  dataSource: DataSource,
  schema: string,
  onWait: OnWait = () => undefined,
): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await takeTurn(runner, schema, onWait);
    try {
      await runner.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
      return await runPending(dataSource, runner);
    } finally {
      // It ends with its session: what broke the connection is what has to be known.
      await runner.query(`SELECT pg_advisory_unlock(${TURN})`, [schema]).catch(() => undefined);
    }
  } finally {
    await runner.release();
  }
}

/** Of this installation: advisory locks belong to the whole database. */
const TURN = `hashtext('bugle migrations of ' || $1)`;

/** Asked for again and again: a statement that waits for it would be one that CREATE INDEX CONCURRENTLY waits for. */
async function takeTurn({ manager }: QueryRunner, schema: string, onWait: OnWait): Promise<void> {
  const text = `SELECT pg_try_advisory_lock(${TURN}) AS taken`;
  for (let tries = 0; ; tries++) {
    const [turn] = await manager.query<{ taken: boolean }[]>(text, [schema]);
    if (turn?.taken) return;
    if (tries === 0) onWait();
    await pause(LOOK_EVERY_MS);
  }
}

async function runPending(dataSource: DataSource, runner: QueryRunner): Promise<string[]> {
  const executor = new MigrationExecutor(dataSource, runner);
  executor.transaction = dataSource.options.migrationsTransactionMode ?? 'each';
  const done = await executor.executePendingMigrations();
  return done.map(({ name }) => name);
}
