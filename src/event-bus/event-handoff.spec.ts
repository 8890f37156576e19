import { pino } from 'pino';
import { InProcessEventHandoff } from './event-handoff.js';
import type { StoredEvent } from './event.js';

interface Work {
  workspaceId: string;
  ids: string[];
  end: (error?: Error) => void;
}

let works: Work[] = [];
let handoff: InProcessEventHandoff;
let made = 0;

beforeEach(() => {
  works = [];
  handoff = new InProcessEventHandoff(pino({ level: 'silent' }));
  handoff.consume(
    (workspaceId, events) =>
      new Promise((resolve, reject) => {
        const ids = events.map(({ id }) => id);
        works.push({ workspaceId, ids, end: (error) => (error ? reject(error) : resolve()) });
      }),
  );
});

describe('the hand-off of events', () => {
  it('gives the events of a workspace in order, and a growing chunk while others are worked on', async () => {
    const events = eventsOf('a', 5);
    for (const event of events) handoff.announce([event]);
    expect(works.map(({ ids }) => ids.length)).toEqual([1, 1]);
    works[0]?.end();
    await settled();
    expect(works.flatMap(({ ids }) => ids)).toEqual(events.map(({ id }) => id));
    expect(works.map(({ ids }) => ids.length)).toEqual([1, 1, 3]);
  });

  it('does not let a workspace wait for another whose events take long', () => {
    handoff.announce(eventsOf('slow', 1_000));
    handoff.announce(eventsOf('quick', 1));
    expect(works.map(({ workspaceId }) => workspaceId)).toEqual(['slow', 'slow', 'quick']);
  });

  it('keeps room for a workspace while others flood it', () => {
    const flood = ['a', 'b', 'c', 'd'].flatMap((name) => eventsOf(name, 600, 'x'.repeat(16_000)));
    handoff.announce(flood);
    expect(handoff.holds(flood.at(-1)?.id ?? '')).toBe(false);
    const [event] = eventsOf('quiet', 1);
    if (event) handoff.announce([event]);
    expect(handoff.holds(event?.id ?? '')).toBe(true);
  });

  it('makes smaller chunks of large events', () => {
    handoff.announce(eventsOf('a', 20, 'x'.repeat(300_000)));
    expect(works.map(({ ids }) => ids.length)).toEqual([3, 3]);
  });

  it('takes no event twice while it holds it, and again when its work has failed', async () => {
    const [event] = eventsOf('a', 1);
    if (!event) return;
    handoff.announce([event]);
    handoff.announce([event]);
    expect(works).toHaveLength(1);
    works[0]?.end(new Error('the database is away'));
    await settled();
    expect(handoff.holds(event.id)).toBe(false);
    handoff.announce([event]);
    expect(works).toHaveLength(2);
  });

  it('closes when what is under way has ended, and takes nothing more', async () => {
    handoff.announce(eventsOf('a', 300));
    const closed = handoff.close();
    handoff.announce(eventsOf('b', 1));
    for (const { end } of works) end();
    await closed;
    expect(works).toHaveLength(2);
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
