import type { EntityManager } from 'typeorm';
import {
  attachStatement,
  DATED_TABLES,
  type DatedTable,
  DAY,
  idsOf,
  partitionOf,
  startOf,
} from './partition-days.js';

/** How far a day's partition of one table has got on its way out. `detaching`: a detach was cut short. */
type Place = 'attached' | 'detaching' | 'detached';

/** A day of history: its partitions of all tables. */
export interface Day {
  /** UTC, as 20310228. */
  day: string;
  /** As PostgreSQL estimates. */
  rows: number;
  /** On disk, indexes included. */
  bytes: number;
  places: Map<DatedTable, Place>;
}

/** What of a day is still to be done: its events not dispatched, its deliveries not settled. */
export interface Waiting {
  events: number;
  deliveries: number;
}

/** Tells our detached tables from those that a person has taken out to keep. */
const MARK = 'Bugle drops this day';

const PARTITIONS = `
  SELECT c.relname AS name, GREATEST(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)::float8 AS rows,
    pg_total_relation_size(c.oid)::float8 AS bytes,
    CASE WHEN i.inhparent IS NULL THEN 'detached' WHEN i.inhdetachpending THEN 'detaching' ELSE 'attached' END AS place
  FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    AND c.relkind = 'r' AND c.relname ~ '^(${DATED_TABLES.join('|')})_[0-9]{8}$'
    AND (i.inhparent IS NOT NULL OR obj_description(c.oid, 'pg_class') = '${MARK}')
  ORDER BY right(c.relname, 8)`;

const WAITING = `
  SELECT (SELECT count(*)::integer FROM event_outbox WHERE event_id >= $1 AND event_id < $2) AS events,
    (SELECT count(*)::integer FROM delivery_queue WHERE delivery_id >= $1 AND delivery_id < $2) AS deliveries`;

/** Whether all of the day is older than that. `now`: milliseconds since 1970. */
export function isOver(day: string, keepDays: number, now: number): boolean {
  return startOf(day) + DAY <= now - keepDays * DAY;
}

/** Every day that has a partition, oldest first. */
export async function daysIn(on: EntityManager): Promise<Day[]> {
  const days = new Map<string, Day>();
  type Row = { name: string; rows: number; bytes: number; place: Place };
  const found = await on.query<Row[]>(PARTITIONS);
  for (const { name, rows, bytes, place } of found) {
    const day = name.slice(-8);
    const known = days.get(day) ?? { day, rows: 0, bytes: 0, places: new Map() };
    days.set(day, known);
    known.rows += rows;
    known.bytes += bytes;
    const table = DATED_TABLES.find((each) => partitionOf(each, day) === name);
    if (table) known.places.set(table, place);
  }
  return [...days.values()];
}

export async function waitingOf(on: EntityManager, day: string): Promise<Waiting> {
  const [waiting] = await on.query<Waiting[]>(WAITING, idsOf(day));
  return waiting ?? { events: 0, deliveries: 0 };
}

export function waits({ events, deliveries }: Waiting): boolean {
  return events + deliveries > 0;
}

/** Takes the day out of its tables. Readers and writers go on meanwhile; each detach waits for those that were there before. */
export async function detachDay(on: EntityManager, { day, places }: Day): Promise<void> {
  for (const table of DATED_TABLES) {
    const place = places.get(table);
    const name = partitionOf(table, day);
    if (place === 'attached') {
      await on.query(`COMMENT ON TABLE ${name} IS '${MARK}'`);
      await on.query(`ALTER TABLE ${table} DETACH PARTITION ${name} CONCURRENTLY`);
    } else if (place === 'detaching') await finalize(on, table, name);
    if (place) places.set(table, 'detached');
  }
}

/** Puts back what was taken out: events last, by which others see that the day is whole. */
export async function attachDay(on: EntityManager, { day, places }: Day): Promise<void> {
  for (const table of DATED_TABLES.toReversed()) {
    const place = places.get(table);
    const name = partitionOf(table, day);
    if (!place || place === 'attached') continue;
    if (place === 'detaching') await finalize(on, table, name);
    await on.query(attachStatement(table, day));
    await on.query(`COMMENT ON TABLE ${name} IS NULL`);
    places.set(table, 'attached');
  }
}

/** For a day that is out of its tables: nobody else uses what is dropped. */
export async function dropDay(on: EntityManager, { day, places }: Day): Promise<void> {
  const names = [...places.keys()].map((table) => partitionOf(table, day));
  await on.query(`DROP TABLE ${names.join(', ')}`);
}

async function finalize(on: EntityManager, table: DatedTable, name: string): Promise<void> {
  await on.query(`ALTER TABLE ${table} DETACH PARTITION ${name} FINALIZE`);
}
