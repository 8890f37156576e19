import type { DataSource } from 'typeorm';
import { firstIdAt } from './ids.js';

const DAY = 86_400_000;
const TABLES = ['events', 'deliveries', 'attempts'] as const;

/** Days for which partitions are kept ready, yesterday included for a clock that was set back. */
const DAYS_AHEAD = 7;

/**
 * Creates the daily partitions from yesterday to a week ahead where they are missing. Several processes may do
 * it at once: one of them works, the others wait for its lock and find everything there.
 */
export async function ensurePartitions(dataSource: DataSource, now: number): Promise<void> {
  await dataSource.transaction(async (transaction) => {
    await transaction.query(`SELECT pg_advisory_xact_lock(hashtext('bugle partitions'))`);
    for (let offset = -1; offset <= DAYS_AHEAD; offset++) {
      const start = Math.floor(now / DAY) * DAY + offset * DAY;
      for (const table of TABLES) await transaction.query(partitionStatement(table, start));
    }
  });
}

function partitionStatement(table: (typeof TABLES)[number], start: number): string {
  const day = new Date(start).toISOString().slice(0, 10).replaceAll('-', '');
  // `deliveries` rows are updated in place a few times: room in each page keeps those updates off the indexes.
  const storage = table === 'deliveries' ? ' WITH (fillfactor = 70)' : '';
  return `CREATE TABLE IF NOT EXISTS ${table}_${day} PARTITION OF ${table}
    FOR VALUES FROM ('${firstIdAt(start)}') TO ('${firstIdAt(start + DAY)}')${storage}`;
}
