import { firstIdAt, newId } from '../../src/database/index.js';
import type { Wanted } from '../../src/event-bus/event-outbox.repository.js';
import { newEvent, openStorage, type Storage } from './storage.fixture.js';

let storage: Storage;

beforeEach(async () => {
  storage = await openStorage();
});
afterEach(() => storage.close());

const LONG_MS = 60_000;

async function store(count: number, workspaceId = newId()): Promise<string[]> {
  const events = Array.from({ length: count }, () => newEvent({ id: newId(), workspaceId }));
  await storage.events.insert(events);
  return events.map(({ id }) => id);
}

async function take(wanted: Partial<Wanted> = {}): Promise<string[]> {
  const everything = { before: Date.now() + 1000, after: firstIdAt(0), notOf: [], forMs: LONG_MS };
  const { events } = await storage.outbox.take({ ...everything, ...wanted });
  return events.map(({ id }) => id);
}

describe('the outbox', () => {
  it('gives each event to one of those who take at once', async () => {
    const ids = await store(2_500);
    const pages = await Promise.all([take(), take(), take(), take()]);
    const taken = pages.flat();
    expect(new Set(taken).size).toBe(taken.length);
    for (let page = await take(); page.length > 0; page = await take()) taken.push(...page);
    expect(taken.toSorted()).toEqual(ids);
  });

  it('gives an event again when its time has passed', async () => {
    const ids = await store(1);
    expect(await take({ forMs: 0 })).toEqual(ids);
    expect(await take()).toEqual(ids);
    expect(await take()).toEqual([]);
  });

  it('lets whoever holds an event keep it, or give it back', async () => {
    const ids = await store(2);
    await storage.outbox.keep(ids.slice(0, 1), LONG_MS);
    expect(await take()).toEqual(ids.slice(1));
    await storage.outbox.keep(ids, 0);
    expect(await take()).toEqual(ids);
  });

  it('passes over the workspaces that have enough, and goes on behind them', async () => {
    const flood = newId();
    await store(1_500, flood);
    const [quiet] = await store(1);
    const first = await storage.outbox.take({
      before: Date.now() + 1000,
      after: firstIdAt(0),
      notOf: [flood],
      forMs: LONG_MS,
    });
    expect(first).toMatchObject({ events: [] });
    expect(await take({ after: first.next, notOf: [flood] })).toEqual([quiet]);
  });

  it('tells which of some events wait and are taken by nobody', async () => {
    const [waiting, taken] = await store(2);
    await storage.outbox.keep([taken ?? ''], LONG_MS);
    const found = await storage.outbox.waitingOf([waiting ?? '', taken ?? '', newId()]);
    expect(found.map(({ id }) => id)).toEqual([waiting]);
  });
});
