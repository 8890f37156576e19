import {
  dropOldDays,
  ensurePartitions,
  firstIdAt,
  surveyRetention,
} from '../../src/database/index.js';
import { dayAgo, dropNow, fillDay, KEEP_DAYS, makeDays, placesOf } from './retention.fixture.js';
import { newEvent, openStorage, type Storage } from './storage.fixture.js';

const DAY = 86_400_000;
const ALL = ['attempts', 'deliveries', 'events', 'late_dispatches'];
const WHOLE = { inside: ALL, outside: [] };
const GONE = { inside: [], outside: [] };

let storage: Storage;

beforeEach(async () => {
  storage = await openStorage();
});
afterEach(() => storage.close());

const sql = (text: string, values: unknown[] = []) =>
  storage.dataSource.query<Record<string, string>[]>(text, values);

/** An id of that day that `fillDay` gave to event, delivery and attempt alike. */
async function idOf(start: number): Promise<string> {
  const [row] = await sql(`SELECT id FROM deliveries WHERE id >= $1 LIMIT 1`, [firstIdAt(start)]);
  return row?.id ?? '';
}

const queue = (id: string) =>
  sql(
    `INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger) VALUES ($1, $1, now(), 1, 'manual')`,
    [id],
  );

/** Inserts one event after another until it is told to end; answers how long each took, in ms. */
function keepInserting() {
  const ending = new AbortController();
  const insertAll = async (): Promise<number[]> => {
    const took: number[] = [];
    while (!ending.signal.aborted) {
      const started = performance.now();
      await storage.events.insert([newEvent()]);
      took.push(performance.now() - started);
    }
    return took;
  };
  const inserting = insertAll();
  return {
    end: () => {
      ending.abort();
      return inserting;
    },
  };
}

it('drops the days that are over, all tables together, and no other', async () => {
  const old = dayAgo(KEEP_DAYS + 1);
  await makeDays(storage.dataSource, old.start);
  await fillDay(storage.dataSource, old.start, 10);
  const dropped = await dropNow(storage.dataSource);
  expect(dropped).toEqual([
    expect.objectContaining({ day: old.day, fate: { kind: 'over', ms: expect.any(Number) } }),
  ]);
  expect(await placesOf(storage.dataSource, old.day)).toEqual(GONE);
  expect(await placesOf(storage.dataSource, dayAgo(KEEP_DAYS).day)).toEqual(WHOLE);
  expect(await sql('SELECT id FROM deliveries')).toEqual([]);
  await ensurePartitions(storage.dataSource, Date.now());
  expect(await placesOf(storage.dataSource, old.day)).toEqual(GONE);
});

it.each(['event', 'delivery'])('keeps a day of which one %s still waits', async (what) => {
  const old = dayAgo(40);
  await makeDays(storage.dataSource, old.start);
  await fillDay(storage.dataSource, old.start, 2);
  const id = await idOf(old.start);
  if (what === 'delivery') await queue(id);
  else await sql('INSERT INTO event_outbox (event_id) VALUES ($1)', [id]);
  const [first, ...others] = await dropNow(storage.dataSource);
  const waiting = { events: what === 'event' ? 1 : 0, deliveries: what === 'delivery' ? 1 : 0 };
  expect(first).toMatchObject({ day: old.day, fate: { kind: 'waiting', waiting } });
  expect(others.map(({ fate }) => fate.kind)).toEqual(others.map(() => 'over'));
  expect(await placesOf(storage.dataSource, old.day)).toEqual(WHOLE);
  await sql('DELETE FROM delivery_queue');
  await sql('DELETE FROM event_outbox');
  expect(await dropNow(storage.dataSource)).toMatchObject([{ fate: { kind: 'over' } }]);
  expect(await placesOf(storage.dataSource, old.day)).toEqual(GONE);
});

it('a large day is dropped while events come in, and no insert waits for it', async () => {
  const old = dayAgo(KEEP_DAYS + 1);
  await makeDays(storage.dataSource, old.start);
  await fillDay(storage.dataSource, old.start, 200_000);
  const inserting = keepInserting();
  const [dropped] = await dropNow(storage.dataSource);
  const took = await inserting.end();
  const ms = dropped?.fate.kind === 'over' ? dropped.fate.ms : Infinity;
  expect(dropped?.rows).toBeGreaterThan(100_000);
  // A DELETE of these rows takes seconds.
  expect(ms).toBeLessThan(1_500);
  expect(took.length).toBeGreaterThan(0);
  expect(Math.max(...took)).toBeLessThan(1_000);
});

it('while somebody reads for long, events come in and the day is left for the next run', async () => {
  const old = dayAgo(KEEP_DAYS + 1);
  await makeDays(storage.dataSource, old.start);
  await fillDay(storage.dataSource, old.start, 10);
  const reader = storage.dataSource.createQueryRunner();
  await reader.startTransaction();
  await reader.query('SELECT count(*) FROM events');
  const inserting = keepInserting();
  const [postponed] = await dropNow(storage.dataSource);
  const took = await inserting.end();
  expect(postponed?.fate).toEqual({ kind: 'busy' });
  expect(Math.max(...took)).toBeLessThan(1_000);
  await reader.rollbackTransaction();
  await reader.release();
  expect((await placesOf(storage.dataSource, old.day)).outside).toEqual(['events']);
  expect(await dropNow(storage.dataSource)).toMatchObject([{ fate: { kind: 'over' } }]);
  expect(await placesOf(storage.dataSource, old.day)).toEqual(GONE);
});

describe('after a crash half-way', () => {
  const old = dayAgo(40);

  /** As if the process had died when it had taken events and deliveries out. */
  async function tear(): Promise<void> {
    await makeDays(storage.dataSource, old.start);
    await fillDay(storage.dataSource, old.start, 3);
    for (const table of ['events', 'deliveries']) {
      await sql(`COMMENT ON TABLE ${table}_${old.day} IS 'Bugle drops this day'`);
      await sql(`ALTER TABLE ${table} DETACH PARTITION ${table}_${old.day} CONCURRENTLY`);
    }
  }

  it('the next run finishes it', async () => {
    await tear();
    await ensurePartitions(storage.dataSource, Date.now());
    expect((await dropNow(storage.dataSource))[0]).toMatchObject({ fate: { kind: 'over' } });
    expect(await placesOf(storage.dataSource, old.day)).toEqual(GONE);
  });

  it('or undoes it when something of the day was opened again', async () => {
    await tear();
    const [row] = await sql(`SELECT id FROM deliveries_${old.day} LIMIT 1`);
    await queue(row?.id ?? '');
    expect((await dropNow(storage.dataSource))[0]).toMatchObject({ fate: { kind: 'waiting' } });
    expect(await placesOf(storage.dataSource, old.day)).toEqual(WHOLE);
    expect(await sql('SELECT id FROM deliveries')).toHaveLength(3);
  });

  it('or when the day is to be kept after all', async () => {
    await tear();
    const policy = { keepDays: 100, now: Date.now() };
    await dropOldDays(storage.dataSource, policy, { onDay: () => undefined });
    expect(await placesOf(storage.dataSource, old.day)).toEqual(WHOLE);
    expect(await sql('SELECT id FROM events')).toHaveLength(3);
  });
});

it('leaves alone what a person has taken out to keep', async () => {
  const old = dayAgo(40);
  await makeDays(storage.dataSource, old.start);
  await sql(`ALTER TABLE events DETACH PARTITION events_${old.day}`);
  await dropNow(storage.dataSource);
  expect(await placesOf(storage.dataSource, old.day)).toEqual({ inside: [], outside: ['events'] });
});

it('of several processes one works', async () => {
  await makeDays(storage.dataSource, dayAgo(40).start);
  const days: string[] = [];
  const policy = { keepDays: KEEP_DAYS, now: Date.now() };
  const run = { onDay: ({ day }: { day: string }) => void days.push(day) };
  const turns = await Promise.all(
    [1, 2, 3].map(() => dropOldDays(storage.dataSource, policy, run)),
  );
  expect(turns.filter(Boolean)).toHaveLength(1);
  expect(new Set(days).size).toBe(days.length);
  expect(days).toHaveLength(9);
});

it('a clock that is fast drops nothing that the database thinks is young', async () => {
  await makeDays(storage.dataSource, dayAgo(10).start);
  expect(await dropNow(storage.dataSource, Date.now() + 300 * DAY)).toEqual([]);
});

it('ends before the next day when the process stops', async () => {
  await makeDays(storage.dataSource, dayAgo(40).start);
  const stopping = new AbortController();
  const days: string[] = [];
  const onDay = ({ day }: { day: string }): void => {
    days.push(day);
    stopping.abort();
  };
  const policy = { keepDays: KEEP_DAYS, now: Date.now() };
  await dropOldDays(storage.dataSource, policy, { onDay, signal: stopping.signal });
  expect(days).toEqual([dayAgo(40).day]);
});

it('a survey tells the same and changes nothing', async () => {
  const old = dayAgo(40);
  await makeDays(storage.dataSource, old.start);
  await fillDay(storage.dataSource, old.start, 5);
  await queue(await idOf(old.start));
  const policy = { keepDays: KEEP_DAYS, now: Date.now() };
  const days = await surveyRetention(storage.dataSource, policy);
  expect(days[0]).toMatchObject({ day: old.day, fate: { kind: 'waiting' } });
  expect(days[0]?.bytes).toBeGreaterThan(0);
  expect(days[1]).toMatchObject({ fate: { kind: 'over' } });
  expect(days.at(-1)).toMatchObject({ fate: { kind: 'young' } });
  expect(await placesOf(storage.dataSource, old.day)).toEqual(WHOLE);
});
