import type { DataSource } from 'typeorm';
import {
  dropOldDays,
  ensurePartitions,
  firstIdAt,
  type DayFate,
} from '../../src/database/index.js';

const DAY = 86_400_000;
export const KEEP_DAYS = 30;

/** A day of the past by its age, long enough ago to be over. */
export function dayAgo(days: number) {
  const start = Math.floor(Date.now() / DAY) * DAY - days * DAY;
  return { start, day: new Date(start).toISOString().slice(0, 10).replaceAll('-', '') };
}

/** Partitions of that day and the eight after it, as they were made then. */
export function makeDays(dataSource: DataSource, start: number): Promise<void> {
  return ensurePartitions(dataSource, start + DAY);
}

/** A run as a worker makes it, and what became of the days that were over. */
export async function dropNow(dataSource: DataSource, now = Date.now()): Promise<DayFate[]> {
  const days: DayFate[] = [];
  await dropOldDays(
    dataSource,
    { keepDays: KEEP_DAYS, now },
    { onDay: (day) => void days.push(day) },
  );
  return days;
}

/** So many events of a day, each with a delivery and an attempt, all done. */
export async function fillDay(dataSource: DataSource, start: number, count: number): Promise<void> {
  const prefix = firstIdAt(start + 1000).slice(0, 15);
  const ids = `SELECT ('${prefix}' || '000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id FROM generate_series(1, ${count}) n`;
  const none = `'00000000-0000-7000-8000-000000000000'::uuid`;
  await dataSource.query(`INSERT INTO events (id, workspace_id, type, data, occurred_at, created_at)
    SELECT id, ${none}, 'user.created', '{"id":7}', now(), now() FROM (${ids}) i`);
  await dataSource.query(`INSERT INTO deliveries (id, workspace_id, event_id, event_type, webhook_id, revision, status, body, created_at, updated_at)
    SELECT id, ${none}, id, 'user.created', ${none}, 1, 'delivered', '{"id":7}', now(), now() FROM (${ids}) i`);
  await dataSource.query(`INSERT INTO attempts (delivery_id, number, trigger, outcome, started_at)
    SELECT id, 1, 'automatic', 'delivered', now() FROM (${ids}) i`);
  // As autovacuum does with a day that is over.
  await dataSource.query('ANALYZE events, deliveries, attempts');
}

/** Which tables have that day, as far as readers and writers can see; and which lie about, taken out of their table. */
export async function placesOf(dataSource: DataSource, day: string) {
  const rows = await dataSource.query<{ name: string; inside: boolean }[]>(
    `SELECT relname AS name, i.inhparent IS NOT NULL AND NOT i.inhdetachpending AS inside
     FROM pg_class LEFT JOIN pg_inherits i ON inhrelid = oid
     WHERE relkind = 'r' AND relname LIKE '%\\_${day}' ORDER BY 1`,
  );
  const named = (isInside: boolean): string[] =>
    rows.filter(({ inside }) => inside === isInside).map(({ name }) => name.slice(0, -9));
  return { inside: named(true), outside: named(false) };
}
