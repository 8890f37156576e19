import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { inTurn } from './in-turn.js';

/** Is told that another process is at it, when there is one. */
type OnWait = () => void;

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
  return inTurn(dataSource, {
    // Of this installation: others may have a schema of the same database.
    name: `bugle migrations of ${schema}`,
    onWait: (times) => times === 0 && onWait(),
    work: async (runner) => {
      await runner.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
      return runPending(dataSource, runner);
    },
  });
}

async function runPending(dataSource: DataSource, runner: QueryRunner): Promise<string[]> {
  const executor = new MigrationExecutor(dataSource, runner);
  executor.transaction = dataSource.options.migrationsTransactionMode ?? 'each';
  const done = await executor.executePendingMigrations();
  return done.map(({ name }) => name);
}
