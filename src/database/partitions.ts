import type { DataSource, EntityManager } from 'typeorm';
import {
  attachStatement,
  DATED_TABLES,
  type DatedTable,
  DAY,
  dayOf,
  partitionOf,
} from './partition-days.js';

/** Days for which partitions are kept ready, yesterday included for a clock that was set back. */
const DAYS_AHEAD = 7;

/**
 * Creates the daily partitions from yesterday to a week ahead, and of older days that have events, where they are
 * missing; mostly none is, and nothing is locked. Several processes may do it at once: one of them works, the others
 * wait for it and find everything there.
 * @throws when a table stays locked by somebody else; the days ahead leave time to try again.
 */
export async function ensurePartitions(dataSource: DataSource, now: number): Promise<void> {
  for (const table of DATED_TABLES) {
    const missing = await missingDays(dataSource.manager, table, now);
    if (missing.length > 0) await createMissing(dataSource, table, now);
  }
}

async function createMissing(
  dataSource: DataSource,
  table: DatedTable,
  now: number,
): Promise<void> {
  await dataSource.transaction(async (transaction) => {
    await transaction.query(`SELECT pg_advisory_xact_lock(hashtext('bugle partitions'))`);
    // Who waits for a table's lock makes everybody wait who comes after.
    await transaction.query(`SET LOCAL lock_timeout = '2s'`);
    for (const day of await missingDays(transaction, table, now)) {
      for (const statement of partitionStatements(table, day)) await transaction.query(statement);
    }
  });
}

/**
 * The days that have no partition: of those to be kept ready, and of those that have events. What an event leads to
 * bears its time, and is stored whenever it is dispatched: a table that came later needs all its days, too.
 */
async function missingDays(on: EntityManager, table: DatedTable, now: number): Promise<string[]> {
  const days = new Set([...daysAround(now), ...(await daysOf(on, 'events'))]);
  for (const day of await daysOf(on, table)) days.delete(day);
  return [...days];
}

/** Yesterday to a week ahead, as 20310228. */
function daysAround(now: number): string[] {
  return Array.from({ length: DAYS_AHEAD + 2 }, (_, index) => dayOf(now + (index - 1) * DAY));
}

/** The days of a table's partitions. */
async function daysOf(on: EntityManager, table: DatedTable): Promise<string[]> {
  // Read from the catalog itself: to_regclass may answer from a cache that is older than the lock waited for.
  const partitions = await on.query<{ name: string }[]>(
    'SELECT relname AS name FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = $1::regclass',
    [table],
  );
  return partitions.map(({ name }) => name.slice(`${table}_`.length));
}

/** Attached rather than created as PARTITION OF: that would wait for, and hold up, every reader and writer of the table. */
function partitionStatements(table: DatedTable, day: string): string[] {
  // Each row of `deliveries` is updated soon after: with room for it in the same page, the indexes need not know.
  const storage = table === 'deliveries' ? ' WITH (fillfactor = 50)' : '';
  return [
    `CREATE TABLE ${partitionOf(table, day)} (LIKE ${table} INCLUDING ALL)${storage}`,
    attachStatement(table, day),
  ];
}
