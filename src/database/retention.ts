import type { DataSource, EntityManager } from 'typeorm';
import { DAY, dayOf } from './partition-days.js';
import {
  attachDay,
  type Day,
  daysIn,
  detachDay,
  dropDay,
  isOver,
  type Waiting,
  waitingOf,
  waits,
} from './retention-day.js';
import { isLockTimeout } from './violations.js';

/** For how long history is kept, and the time by this process's clock, in milliseconds since 1970. */
export interface RetentionPolicy {
  keepDays: number;
  now: number;
}

/** A day, and what is or would be done about it. */
export interface DayFate {
  /** UTC, as 20310228. */
  day: string;
  /** As PostgreSQL estimates. */
  rows: number;
  /** On disk, indexes included. */
  bytes: number;
  fate:
    | { kind: 'young' }
    /** Over, but something of it is still to be done. */
    | { kind: 'waiting'; waiting: Waiting }
    /** Over: to be dropped, or dropped within so many milliseconds. */
    | { kind: 'over'; ms: number }
    /** Somebody used it for too long, or locked it: the next run goes on from there. */
    | { kind: 'busy' };
}

/** How a run goes. */
export interface RetentionRun {
  /** Called for every day that is over. */
  onDay: (day: DayFate) => void;
  /** Ends the run before the next day. */
  signal?: AbortSignal;
}

/** What a run would do. Changes nothing. */
export async function surveyRetention(
  dataSource: DataSource,
  policy: RetentionPolicy,
): Promise<DayFate[]> {
  const now = await agreedTime(dataSource.manager, policy.now);
  const fates: DayFate[] = [];
  for (const day of await daysIn(dataSource.manager)) {
    const isOld = isOver(day.day, policy.keepDays, now);
    fates.push(fateOf(day, isOld ? await waitingOf(dataSource.manager, day.day) : undefined));
  }
  return fates;
}

/** How many days have partitions, and how many of them are over: they wait for something, or for the next run. */
export async function countDays(
  on: EntityManager,
  { keepDays, now }: RetentionPolicy,
): Promise<{ all: number; over: number }> {
  const [counts] = await on.query<{ all: number; over: number }[]>(
    `SELECT count(*)::integer AS all, count(*) FILTER (WHERE right(relname, 8) < $1)::integer AS over
     FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'events'::regclass`,
    [dayOf(now - keepDays * DAY)],
  );
  return counts ?? { all: 0, over: 0 };
}

/**
 * Drops the days that are over, oldest first, all tables of a day together. Nobody who publishes or delivers waits for it. A day
 * of which something is still to be done is kept. What an earlier run had to leave half done is finished, or undone
 * where it is to be kept after all. False when another process is at it.
 */
export async function dropOldDays(
  dataSource: DataSource,
  policy: RetentionPolicy,
  run: RetentionRun,
): Promise<boolean> {
  const runner = dataSource.createQueryRunner();
  const { manager } = runner;
  try {
    if (!(await takeTurn(manager))) return false;
    try {
      await dropEach(manager, policy, run);
    } finally {
      await manager.query(`RESET lock_timeout; SELECT pg_advisory_unlock(${TURN})`);
    }
    return true;
  } finally {
    await runner.release();
  }
}

/** Of this installation: advisory locks belong to the whole database. */
const TURN = `hashtext('bugle retention of ' || current_schema())`;

async function takeTurn(on: EntityManager): Promise<boolean> {
  const [turn] = await on.query<{ taken: boolean }[]>(
    `SELECT pg_try_advisory_lock(${TURN}) AS taken`,
  );
  return turn?.taken ?? false;
}

async function dropEach(
  on: EntityManager,
  { keepDays, now }: RetentionPolicy,
  { onDay, signal }: RetentionRun,
): Promise<void> {
  // Nobody waits behind us in the meantime; a process that stops waits for this at most.
  await on.query(`SET lock_timeout = '2s'`);
  const agreed = await agreedTime(on, now);
  for (const day of await daysIn(on)) {
    if (signal?.aborted) return;
    if (!isOver(day.day, keepDays, agreed)) await attachDay(on, day);
    else {
      const result = await dropInTime(on, day);
      onDay(result);
      // A detach that was cut short does not let another begin.
      if (result.fate.kind === 'busy') return;
    }
  }
}

async function dropInTime(on: EntityManager, day: Day): Promise<DayFate> {
  const started = performance.now();
  try {
    const waiting = await dropUnlessWaiting(on, day);
    return fateOf(day, waiting, Math.round(performance.now() - started));
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    return { ...fateOf(day), fate: { kind: 'busy' } };
  }
}

/** Looks twice: a delivery may be opened again by hand until its day is out of reach. */
async function dropUnlessWaiting(on: EntityManager, day: Day): Promise<Waiting> {
  let waiting = await waitingOf(on, day.day);
  if (!waits(waiting)) {
    await detachDay(on, day);
    waiting = await waitingOf(on, day.day);
  }
  if (waits(waiting)) await attachDay(on, day);
  else await dropDay(on, day);
  return waiting;
}

function fateOf({ day, rows, bytes }: Day, waiting?: Waiting, ms = 0): DayFate {
  if (!waiting) return { day, rows, bytes, fate: { kind: 'young' } };
  const fate = waits(waiting)
    ? { kind: 'waiting' as const, waiting }
    : { kind: 'over' as const, ms };
  return { day, rows, bytes, fate };
}

/** A clock that is fast would drop what is to be kept: this process's and the database's must agree. */
async function agreedTime(on: EntityManager, now: number): Promise<number> {
  const [database] = await on.query<{ now: number }[]>(
    'SELECT extract(epoch FROM now())::float8 * 1000 AS now',
  );
  return Math.min(now, database?.now ?? now);
}
