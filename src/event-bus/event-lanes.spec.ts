import { pino } from 'pino';
import { EventLanes } from './event-lanes.js';
import type { StoredEvent } from './event.js';

interface Work {
  workspaceId: string;
  ids: string[];
  end: (error?: Error) => void;
}

let works: Work[] = [];
let lanes: EventLanes;
let made = 0;

beforeEach(() => {
  works = [];
  lanes = new EventLanes(pino({ level: 'silent' }));
  lanes.consume(
    (workspaceId, events) =>
      new Promise((resolve, reject) => {
        const ids = events.map(({ id }) => id);
        works.push({ workspaceId, ids, end: (error) => (error ? reject(error) : resolve()) });
      }),
  );
});

describe('the lanes of events', () => {
  it('gives the events of a workspace in order, and a growing chunk while others are worked on', async () => {
    const events = eventsOf('a', 5);
    for (const event of events) lanes.add([event]);
    expect(works.map(({ ids }) => ids.length)).toEqual([1, 1]);
    works[0]?.end();
    await settled();
    expect(works.flatMap(({ ids }) => ids)).toEqual(events.map(({ id }) => id));
    expect(works.map(({ ids }) => ids.length)).toEqual([1, 1, 3]);
  });

  it('does not let a workspace wait for another whose events take long', () => {
    lanes.add(eventsOf('slow', 1_000));
    lanes.add(eventsOf('quick', 1));
    expect(works.map(({ workspaceId }) => workspaceId)).toEqual(['slow', 'slow', 'quick']);
  });

  it('keeps room for a workspace while others flood it', () => {
    const flood = ['a', 'b', 'c', 'd'].flatMap((name) => eventsOf(name, 600, 'x'.repeat(16_000)));
    lanes.add(flood);
    expect(lanes.holds(flood.at(-1)?.id ?? '')).toBe(false);
    const [event] = eventsOf('quiet', 1);
    if (event) lanes.add([event]);
    expect(lanes.holds(event?.id ?? '')).toBe(true);
  });

  it('makes smaller chunks of large events', () => {
    lanes.add(eventsOf('a', 20, 'x'.repeat(300_000)));
    expect(works.map(({ ids }) => ids.length)).toEqual([3, 3]);
  });

  it('takes no event twice while it holds it, and again when its work has failed', async () => {
    const [event] = eventsOf('a', 1);
    if (!event) return;
    lanes.add([event]);
    lanes.add([event]);
    expect(works).toHaveLength(1);
    works[0]?.end(new Error('the database is away'));
    await settled();
    expect(lanes.holds(event.id)).toBe(false);
    lanes.add([event]);
    expect(works).toHaveLength(2);
  });

  it('closes when what is under way has ended, and takes nothing more', async () => {
    lanes.add(eventsOf('a', 300));
    const closed = lanes.close();
    lanes.add(eventsOf('b', 1));
    for (const { end } of works) end();
    await closed;
    expect(works).toHaveLength(2);
  });

  it('takes nothing before there is a handler', () => {
    const early = new EventLanes(pino({ level: 'silent' }));
    const [event] = eventsOf('a', 1);
    if (event) early.add([event]);
    expect(early.isOpen).toBe(false);
    expect(early.holds(event?.id ?? '')).toBe(false);
  });

  it('says which workspaces are full, and that there is room for others', () => {
    lanes.add(eventsOf('flood', 300, 'x'.repeat(16_000)));
    expect(lanes.fullWorkspaces()).toEqual(['flood']);
    expect([lanes.isFull('flood'), lanes.isFull('quiet')]).toEqual([true, false]);
    expect([lanes.isBusy('flood'), lanes.isBusy('quiet')]).toEqual([false, false]);
    lanes.add(eventsOf('many', 900));
    expect(lanes.isBusy('many')).toBe(true);
  });

  it('has room again when half of what it may hold is done, or when it closes', async () => {
    const flood = ['a', 'b', 'c', 'd'].flatMap((name) => eventsOf(name, 200, 'x'.repeat(16_000)));
    lanes.add(flood);
    const told: string[] = [];
    const room = lanes.room().then(() => told.push('room'));
    await settled();
    expect(told).toEqual([]);
    while (told.length === 0) {
      for (const { end } of works.splice(0)) end();
      await settled();
    }
    await room;
    lanes.add(flood.map((event) => ({ ...event, id: `${event.id} again` })));
    const blocked = lanes.room();
    const closed = lanes.close();
    await blocked;
    for (const { end } of works) end();
    await closed;
  });

  it('knows what it has held for long', async () => {
    lanes.add(eventsOf('a', 2));
    const ids = works.flatMap((work) => work.ids);
    expect(lanes.heldSince(performance.now() + 1)).toEqual(expect.arrayContaining(ids));
    expect(lanes.heldSince(performance.now() - 60_000)).toEqual([]);
    for (const { end } of works) end();
    await settled();
    expect(lanes.heldSince(performance.now() + 1)).toEqual([]);
  });
});

/** Everything that follows from a promise that was settled has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function eventsOf(workspaceId: string, count: number, text = ''): StoredEvent[] {
  return Array.from({ length: count }, () => ({
    id: `event ${++made}`,
    workspaceId,
    type: 'user.created',
    sourceId: null,
    data: { text },
    changes: null,
    actor: null,
    occurredAt: '2026-01-01T00:00:00.000Z',
    createdAt: '2026-01-01T00:00:00.000Z',
    targetWebhookId: null,
  }));
}
