import { ensurePartitions, firstIdAt, newId } from '../../src/database/index.js';
import { newEvent, openStorage, type Storage } from './storage.fixture.js';

const DAY = 86_400_000;
/** Far from today, for which the fixture has made partitions already. */
const THEN = Date.UTC(2031, 1, 28, 23, 59, 59, 999);

let storage: Storage;

beforeAll(async () => {
  storage = await openStorage();
});
afterAll(() => storage.close());

async function partitions(): Promise<string[]> {
  const rows = await storage.dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class WHERE relispartition AND relkind = 'r' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

it('are made from yesterday to a week ahead, for each of the four tables', async () => {
  const before = await partitions();
  await ensurePartitions(storage.dataSource, THEN);
  const made = (await partitions()).filter((name) => !before.includes(name));
  expect(made).toHaveLength(36);
  const days = ['0227', '0228', '0301', '0302', '0303', '0304', '0305', '0306', '0307'];
  expect(made.filter((name) => name.startsWith('events_'))).toEqual(
    days.map((day) => `events_2031${day}`),
  );
});

it('are made once, however often and by how many that is asked for', async () => {
  const before = await partitions();
  const later = THEN + 90 * DAY;
  await Promise.all([1, 2, 3].map(() => ensurePartitions(storage.dataSource, later)));
  const after = await partitions();
  expect(after).toHaveLength(before.length + 36);
  await ensurePartitions(storage.dataSource, later);
  expect(await partitions()).toEqual(after);
});

it('are made while others read and write, and hold nobody up', async () => {
  const busy = storage.dataSource.createQueryRunner();
  await busy.startTransaction();
  for (const table of ['events', 'late_dispatches', 'deliveries', 'attempts']) {
    await busy.query(`LOCK TABLE ${table} IN ROW EXCLUSIVE MODE`);
  }
  const before = await partitions();
  await ensurePartitions(storage.dataSource, THEN + 30 * DAY);
  expect(await partitions()).toHaveLength(before.length + 36);
  await busy.rollbackTransaction();
  await busy.release();
});

it('wait two seconds, not for ever, for somebody who locks a table', async () => {
  const greedy = storage.dataSource.createQueryRunner();
  await greedy.startTransaction();
  await greedy.query('LOCK TABLE deliveries IN SHARE MODE');
  const later = THEN + 60 * DAY;
  await expect(ensurePartitions(storage.dataSource, later)).rejects.toThrow('lock timeout');
  await greedy.rollbackTransaction();
  await greedy.release();
  await ensurePartitions(storage.dataSource, later);
});

it('have the indexes and the page room of their table', async () => {
  const [table] = await storage.dataSource.query<object[]>(
    `SELECT reloptions AS options, (SELECT count(*)::int FROM pg_index WHERE indrelid = part.oid) AS indexes,
       (SELECT count(*)::int FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid WHERE indrelid = part.oid) AS attached
     FROM pg_class part WHERE oid = 'deliveries_20310228'::regclass`,
  );
  expect(table).toEqual({ options: ['fillfactor=50'], indexes: 4, attached: 4 });
});

it('leave no gap: the first and the last id of a day have their place', async () => {
  const midnight = Math.floor(THEN / DAY) * DAY;
  const events = [
    newEvent({ id: firstIdAt(midnight) }),
    newEvent({
      id: firstIdAt(midnight + DAY - 1).replace(/0000-0000-0{12}$/, '7fff-bfff-ffffffffffff'),
    }),
    newEvent({ id: firstIdAt(midnight + DAY) }),
  ];
  await storage.events.insert(events);
  const rows = await storage.dataSource.query<{ id: string; place: string }[]>(
    `SELECT id, tableoid::regclass::text AS place FROM events WHERE id = ANY ($1) ORDER BY id`,
    [events.map(({ id }) => id)],
  );
  expect(rows.map(({ place }) => place)).toEqual([
    'events_20310228',
    'events_20310228',
    'events_20310301',
  ]);
});

it('refuse what belongs to no day that is there, rather than hide it somewhere', async () => {
  const lost = newEvent({ id: newId(THEN + 300 * DAY) });
  await expect(storage.events.insert([lost])).rejects.toThrow('no partition');
});
