import { setTimeout as pause } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';

/** How often whoever waits looks whether the other one is done, in milliseconds. */
const LOOK_EVERY_MS = 200;

/**
 * Creates the schema where it is missing and runs the migrations that have not run yet. Of several processes that start
 * together one does it; the others wait, and find everything there. Needs one connection.
 */
export async function migrate(dataSource: DataSource, schema: string): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await takeTurn(runner, schema);
    try {
      await runner.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
      await runPending(dataSource, runner);
    } finally {
      await runner.query(`SELECT pg_advisory_unlock(${TURN})`, [schema]);
    }
  } finally {
    await runner.release();
  }
}

/** Of this installation: advisory locks belong to the whole database. */
const TURN = `hashtext('bugle migrations of ' || $1)`;

/** Asked for again and again: a statement that waits for it would be one that CREATE INDEX CONCURRENTLY waits for. */
async function takeTurn({ manager }: QueryRunner, schema: string): Promise<void> {
  const text = `SELECT pg_try_advisory_lock(${TURN}) AS taken`;
  for (;;) {
    const [turn] = await manager.query<{ taken: boolean }[]>(text, [schema]);
    if (turn?.taken) return;
    await pause(LOOK_EVERY_MS);
  }
}

async function runPending(dataSource: DataSource, runner: QueryRunner): Promise<void> {
  const executor = new MigrationExecutor(dataSource, runner);
  executor.transaction = dataSource.options.migrationsTransactionMode ?? 'each';
  await executor.executePendingMigrations();
}
