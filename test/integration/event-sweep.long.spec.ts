import { once } from 'node:events';
import pino from 'pino';
import { loadConfig } from '../../src/config/index.js';
import { newId } from '../../src/database/index.js';
import type { EventHandler } from '../../src/event-bus/event-lanes.js';
import { EventLanes } from '../../src/event-bus/event-lanes.js';
import { EventSweepService } from '../../src/event-bus/event-sweep.service.js';
import { createLogger } from '../../src/logger.js';
import { Metrics } from '../../src/metrics/index.js';
import { until } from '../support/until.js';
import { newEvent, openStorage, type Storage } from './storage.fixture.js';

const { logger: silent } = createLogger('silent');
/** Old enough to be swept. */
const AGO_MS = 60_000;

let storage: Storage;
let stops: (() => Promise<void>)[];

beforeEach(async () => {
  storage = await openStorage();
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) await stop();
  await storage.close();
});

/** A process that dispatches events: its lanes and its sweep. */
function worker(
  handler: EventHandler,
  settings: Record<string, string> = {},
  logger = silent,
): EventLanes {
  const lanes = new EventLanes(logger);
  const config = loadConfig(settings, '');
  const { events, outbox } = storage;
  const sweep = new EventSweepService(events, outbox, lanes, config, logger, new Metrics());
  sweep.start();
  lanes.consume(handler);
  stops.push(async () => {
    await lanes.close();
    await sweep.stop();
  });
  return lanes;
}

async function storeLost(count: number, workspaceId = newId()): Promise<string[]> {
  const events = Array.from({ length: count }, () =>
    newEvent({ id: newId(Date.now() - AGO_MS), workspaceId }),
  );
  for (let at = 0; at < count; at += 1_000)
    await storage.events.insert(events.slice(at, at + 1_000));
  return events.map(({ id }) => id);
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

/** How many events a line of the log says were found. */
function sweptIn(line: string): number {
  return Number(/"events":(\d+),"msg":"event.swept"/.exec(line)?.[1]);
}

/** Notes what comes and takes it out of the outbox. */
function dispatching(seen: string[]): EventHandler {
  return async (_, chunk) => {
    const ids = chunk.map(({ id }) => id);
    seen.push(...ids);
    await storage.dataSource.query('DELETE FROM event_outbox WHERE event_id = ANY ($1)', [ids]);
  };
}

it('works off a backlog at once, not page by page a second', async () => {
  const ids = await storeLost(3_000);
  const seen: string[] = [];
  worker(dispatching(seen), { BUGLE_SWEEP_INTERVAL_MS: '60000' });
  await until('all are dispatched', () => seen.length >= ids.length, 20_000);
  expect(seen.toSorted()).toEqual(ids.toSorted());
});

it('tells once a second of what it finds, with the number', async () => {
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const seen: string[] = [];
  const started = performance.now();
  worker(dispatching(seen), { BUGLE_SWEEP_INTERVAL_MS: '20' }, logger);
  for (let count = 1; count <= 10; count++) {
    await storeLost(1);
    await until('it is found, by itself', () => seen.length === count);
  }
  await until('all are told of', () => sum(lines.map(sweptIn)) === seen.length);
  const seconds = (performance.now() - started) / 1_000;
  expect(lines.length).toBeLessThanOrEqual(1 + Math.floor(seconds));
});

it('shares the work with the sweeps of other processes: nobody gets what another has', async () => {
  const ids = await storeLost(2_500);
  const [one, two]: [string[], string[]] = [[], []];
  const settings = { BUGLE_SWEEP_INTERVAL_MS: '20' };
  worker(dispatching(one), settings);
  worker(dispatching(two), settings);
  await until('all are dispatched', () => one.length + two.length >= ids.length, 20_000);
  expect([...one, ...two].toSorted()).toEqual(ids.toSorted());
});

it('keeps from others what waits here for long, and leaves it to them when it stops', async () => {
  const settings = { BUGLE_SWEEP_INTERVAL_MS: '20', BUGLE_LEASE_MS: '1000' };
  const end = new AbortController();
  const lanes = worker(async () => void (await once(end.signal, 'abort')), settings);
  const events = [newEvent({ id: newId(Date.now() - AGO_MS) })];
  lanes.add(events);
  await storage.events.insert(events);
  await until('the sweep has taken it', async () => (await waiting(events[0]?.id)) === 0);
  const seen: string[] = [];
  worker(dispatching(seen), settings);
  const first = await takenUntil();
  await until('it was taken for a further time', async () => (await takenUntil()) > first + 1_000);
  expect(seen).toEqual([]);
  end.abort();
  await stops.shift()?.();
  await until('the other has it', () => seen.length > 0);
  expect(seen).toEqual(events.map(({ id }) => id));
});

it('does not hide other events behind those that fail again and again', async () => {
  const bad = newId();
  await storeLost(2_000, bad);
  const good = await storeLost(10);
  const seen: string[] = [];
  const work = dispatching(seen);
  worker(
    (workspaceId, chunk) =>
      workspaceId === bad ? Promise.reject(new Error('a bug')) : work(workspaceId, chunk),
    { BUGLE_SWEEP_INTERVAL_MS: '20', BUGLE_LEASE_MS: '500' },
  );
  await until('the good ones are dispatched', () => seen.length >= good.length);
  const later = await storeLost(10);
  await until('later ones too', () => seen.length >= good.length + later.length);
  expect(seen.toSorted()).toEqual([...good, ...later].toSorted());
});

/** Of the one event in the outbox, in milliseconds. */
async function takenUntil(): Promise<number> {
  const [row] = await storage.dataSource.query<{ at: Date }[]>(
    'SELECT taken_until AS at FROM event_outbox',
  );
  return row?.at.getTime() ?? 0;
}

async function waiting(id = ''): Promise<number> {
  return (await storage.outbox.waitingOf([id])).length;
}
