import { firstIdAt, newId } from '../../src/database/index.js';
import type { Wanted } from '../../src/event-bus/event-outbox.repository.js';
import { makeWebhook, settledDeliveries } from '../support/builders.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer } from '../support/server.js';
import { newEvent, openStorage, type Storage } from './storage.fixture.js';

let storage: Storage;

beforeAll(async () => {
  storage = await openStorage();
});
afterAll(() => storage.close());

const HOUR = 3_600_000;
const take = (wanted: Partial<Wanted> = {}) =>
  storage.outbox.take({
    before: Date.now() + 1000,
    after: firstIdAt(0),
    notOf: [],
    forMs: 60_000,
    ...wanted,
  });
const keyed = (key: string, workspaceId: string, fingerprint = 'aa') =>
  newEvent({ workspaceId, deduplication: { key, fingerprint } });

const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const storedOf = (workspaceId: string) =>
  storage.events.headers(workspaceId, { since: new Date(0), before: LAST_ID, limit: 100 });

describe('the event store', () => {
  it('answers each event of a batch in order: new, duplicate, or key reused', async () => {
    const workspaceId = newId();
    const first = keyed('a', workspaceId);
    expect(await storage.events.insert([first])).toEqual([{ kind: 'new', id: first.id }]);
    const batch = [
      keyed('a', workspaceId),
      newEvent({ workspaceId }),
      keyed('a', workspaceId, 'bb'),
      keyed('a', newId()),
    ];
    expect(await storage.events.insert(batch)).toEqual([
      { kind: 'duplicate', id: first.id },
      { kind: 'new', id: batch[1]?.id },
      { kind: 'key_reused' },
      { kind: 'new', id: batch[3]?.id },
    ]);
  });

  it('stores one event of those that share a key within a batch', async () => {
    const workspaceId = newId();
    const batch = [keyed('b', workspaceId), keyed('b', workspaceId), keyed('b', workspaceId)];
    const results = await storage.events.insert(batch);
    expect(results.filter(({ kind }) => kind === 'new')).toHaveLength(1);
    expect(await storedOf(workspaceId)).toHaveLength(1);
  });

  it('lets batches that share keys in every order pass each other', async () => {
    const workspaceId = newId();
    const keys = Array.from({ length: 20 }, (_, n) => `key ${n}`);
    const batches = Array.from({ length: 8 }, (_, n) =>
      (n % 2 ? keys : keys.toReversed()).map((key) => keyed(key, workspaceId)),
    );
    const results = await Promise.all(batches.map((batch) => storage.events.insert(batch)));
    expect(results.flat().filter(({ kind }) => kind === 'new')).toHaveLength(keys.length);
    expect(await storedOf(workspaceId)).toHaveLength(keys.length);
  });

  it('stores all of a batch or nothing', async () => {
    const workspaceId = newId();
    const broken = { ...newEvent({ workspaceId }), occurredAt: 'never' };
    await expect(storage.events.insert([keyed('c', workspaceId), broken])).rejects.toThrow(
      'invalid input syntax',
    );
    expect(await storedOf(workspaceId)).toEqual([]);
    const retry = keyed('c', workspaceId);
    expect(await storage.events.insert([retry])).toEqual([{ kind: 'new', id: retry.id }]);
  });

  it('keeps in the outbox what nobody has dispatched, oldest first', async () => {
    const events = [newEvent({ id: newId() }), newEvent({ id: newId() })];
    await storage.events.insert(events);
    expect((await take({ before: Date.now() - HOUR })).events).toEqual([]);
    const page = await take();
    expect(page.next).toBeUndefined();
    const ids = page.events.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted());
    expect(ids).toEqual(expect.arrayContaining(events.map(({ id }) => id)));
  });

  it('reads no more of the outbox at once than should be held in memory', async () => {
    // Not to be compressed: the sizes are those in the table.
    const text = Array.from({ length: 50_000 }, () => Math.random().toString(36)).join('');
    const events = Array.from({ length: 12 }, () => newEvent({ id: newId(), data: { text } }));
    await storage.events.insert(events);
    const page = await take({ after: events[0]?.id });
    expect(page.events.length).toBeGreaterThan(0);
    expect(page.events.length).toBeLessThan(11);
    expect(page.next).toBe(page.events.at(-1)?.id);
  });

  it('forgets keys by their age', async () => {
    const workspaceId = newId();
    await storage.events.insert([keyed('d', workspaceId)]);
    await storage.events.forgetKeys(HOUR);
    const early = keyed('d', workspaceId);
    expect(await storage.events.insert([early])).toMatchObject([{ kind: 'duplicate' }]);
    await storage.events.forgetKeys(-HOUR);
    const again = keyed('d', workspaceId);
    expect(await storage.events.insert([again])).toEqual([{ kind: 'new', id: again.id }]);
  });
});

describe('an event that was stored but never announced', () => {
  it('is found by the sweep and delivered', async () => {
    const [server, receiver] = await Promise.all([startTestServer(), Receiver.start()]);
    try {
      const { api, id: workspaceId } = await server.newWorkspace();
      await makeWebhook(api, { url: receiver.url, events: ['user.created'] });
      // As a process leaves it that dies between its commit and the announcement.
      const id = newId(Date.now() - 5_000);
      await server.query(
        `WITH stored AS (
           INSERT INTO events (id, workspace_id, type, data, occurred_at, created_at)
           VALUES ($1, $2, 'user.created', '{"lost": true}', now(), now()) RETURNING id)
         INSERT INTO event_outbox (event_id) SELECT id FROM stored`,
        [id, workspaceId],
      );
      expect(await settledDeliveries(api, id)).toMatchObject([{ status: 'delivered' }]);
      expect(receiver.requests).toHaveLength(1);
      expect(await server.query('SELECT * FROM event_outbox')).toEqual([]);
    } finally {
      await server.stop();
      await receiver.stop();
    }
  });
});
