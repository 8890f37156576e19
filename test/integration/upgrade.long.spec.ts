import { ensurePartitions, newId } from '../../src/database/index.js';
import type { QueryRunner } from 'typeorm';
import { Revisions1763820000000 } from '../../src/database/migrations/1763820000000-revisions.js';
import { DisabledWebhooks1763950000000 } from '../../src/database/migrations/1763950000000-disabled-webhooks.js';
import { ProbedWebhooks1763930000000 } from '../../src/database/migrations/1763930000000-probed-webhooks.js';
import { migrations } from '../../src/database/migrations/index.js';
import { until } from '../support/until.js';
import {
  newDelivery,
  newEvent,
  openStorage,
  type Storage,
  storeWebhook,
} from './storage.fixture.js';

/** More than a page of what is filled in at once. */
const WAITING = 2_500;
const FIVE_DAYS = 5 * 86_400_000;

let storage: Storage;

beforeAll(async () => {
  storage = await openStorage();
});
afterAll(() => storage.close());

/** Back to the time before this migration. */
async function undo(migration: (typeof migrations)[number]): Promise<void> {
  for (const _ of migrations.slice(migrations.indexOf(migration)))
    await storage.dataSource.undoLastMigration();
}

it('dispatches an event that has waited since long before the upgrade', async () => {
  const { dataSource, events, queue } = storage;
  const then = Date.now() - FIVE_DAYS;
  await ensurePartitions(dataSource, then);
  const event = newEvent({ id: newId(then) });
  await events.insert([event]);
  await undo(Revisions1763820000000);

  await dataSource.runMigrations();
  await ensurePartitions(dataSource, Date.now());
  expect(await dataSource.query('SELECT workspace_id AS id FROM event_outbox')).toEqual([
    { id: event.workspaceId },
  ]);

  const { workspaceId, webhookId } = await storeWebhook(storage);
  const delivery = newDelivery({ workspaceId, webhookId, eventId: event.id });
  const [queued] = await queue.enqueue({
    eventIds: [event.id],
    deliveries: [delivery],
    held: [],
    lease: { holder: 0, leaseMs: 0 },
  });
  expect(queued?.id).toBe(delivery.id);
  expect(await storage.outbox.waitingOf([event.id])).toEqual([]);
  expect(await dataSource.query('SELECT event_id AS id FROM late_dispatches')).toEqual([
    { id: event.id },
  ]);
});

const day = (n: number) => new Date(Date.UTC(2026, 0, n));

/** A webhook with these revisions, one a day from that of the first one's number, and a last edit of the 20th. */
async function webhookOf(revisions: boolean[], first = 1): Promise<string> {
  const { dataSource } = storage;
  const { workspaceId: owner, webhookId } = await storeWebhook(storage, {
    enabled: revisions.at(-1),
  });
  for (const [index, enabled] of revisions.entries()) {
    await dataSource.query(
      `INSERT INTO webhook_revisions (webhook_id, revision, workspace_id, definition, edited_at)
       VALUES ($1, $2, $3, json_build_object('enabled', $4::boolean), $5)`,
      [webhookId, first + index, owner, enabled, day(first + index)],
    );
  }
  const times = 'UPDATE webhooks SET created_at = $2, updated_at = $3 WHERE id = $1';
  await dataSource.query(times, [webhookId, day(first), day(20)]);
  return webhookId;
}

it('finds in the history since when a webhook is disabled', async () => {
  await undo(DisabledWebhooks1763950000000);
  const since = new Map([
    [await webhookOf([true, false, true, false, false]), day(4)],
    [await webhookOf([false, true, false]), day(3)],
    // It was disabled before there was a history.
    [await webhookOf([false, false], 7), day(20)],
    [await webhookOf([false, false]), day(1)],
    [await webhookOf([false, true]), null],
  ]);
  await storage.dataSource.runMigrations();
  const rows = await storage.dataSource.query<{ id: string; since: Date | null }[]>(
    'SELECT id, disabled_at AS since FROM webhooks WHERE id = ANY ($1)',
    [[...since.keys()]],
  );
  expect(new Map(rows.map((row) => [row.id, row.since]))).toEqual(since);
});

/** Statements of the version before, as far as they matter here: which tables they take, in which order. */
const PUBLISH = `
  WITH stored AS (
    INSERT INTO events (id, workspace_id, type, data, occurred_at, created_at)
    SELECT id, $2, 'user.created', '{}', now(), now() FROM unnest($1::uuid[]) AS id RETURNING id
  ) INSERT INTO event_outbox (event_id) SELECT id FROM stored`;
const ENQUEUE = `
  WITH held AS (SELECT count(*) FROM webhook_health WHERE failures > 0), dispatched AS (
    DELETE FROM event_outbox WHERE event_id = ANY ($1) RETURNING event_id
  ) SELECT held.count, event_id FROM held, dispatched`;
const SETTLE = 'INSERT INTO webhook_health (webhook_id, failures) VALUES ($1, 1)';

const workspaceId = newId();
let waiting: string[];

async function publish(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId());
  await impatiently((runner) => runner.query(PUBLISH, [ids, workspaceId]));
  return ids;
}

/** Nobody who publishes waits for long. */
async function impatiently(work: (runner: QueryRunner) => Promise<unknown>): Promise<void> {
  await inTransaction(async (runner) => {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await work(runner);
  });
}

async function inTransaction(work: (runner: QueryRunner) => Promise<unknown>): Promise<void> {
  const runner = storage.dataSource.createQueryRunner();
  await runner.startTransaction();
  try {
    await work(runner);
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  } finally {
    await runner.release();
  }
}

const waits = (lock: string) =>
  until(`somebody waits for ${lock}`, async () => {
    const locks = await storage.dataSource.query<unknown[]>(
      `SELECT FROM pg_locks WHERE NOT granted AND ${lock}
         AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`,
    );
    return locks.length > 0;
  });

/** What is made of what waited: how many rows know their workspace, and the index. */
async function upgraded() {
  const [filled] = await storage.dataSource.query<{ n: number }[]>(
    `SELECT count(*)::int AS n FROM event_outbox WHERE workspace_id = $1 AND event_id = ANY ($2)`,
    [workspaceId, waiting],
  );
  const indexes = await storage.dataSource.query<object[]>(
    `SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = 'event_outbox_workspace'::regclass`,
  );
  return { filled: filled?.n, indexes };
}

const UPGRADED = { filled: WAITING, indexes: [{ indisvalid: true, indisunique: false }] };

describe('while processes of the version before work', () => {
  beforeEach(async () => {
    await undo(ProbedWebhooks1763930000000);
    await storage.dataSource.query('DELETE FROM event_outbox');
    waiting = await publish(WAITING);
  });
  afterEach(() => storage.dataSource.runMigrations());

  it('never keeps one table while it waits for another', async () => {
    let migrated: Promise<unknown> = Promise.resolve();
    // A delivery that is exhausted: what became of it, and an event about it.
    await inTransaction(async (runner) => {
      await runner.query(SETTLE, [newId()]);
      migrated = storage.dataSource.runMigrations();
      await waits(`relation = 'webhook_health'::regclass`);
      await runner.query(PUBLISH, [[newId()], workspaceId]);
    });
    await migrated;
    expect(await upgraded()).toEqual(UPGRADED);
  });

  it('lets them publish and dispatch while it fills in a column and builds an index', async () => {
    let migrated: Promise<unknown> = Promise.resolve();
    const alone = 'INSERT INTO event_outbox (event_id) VALUES ($1)';
    await inTransaction(async (slow) => {
      await inTransaction(async (runner) => {
        await runner.query('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
        migrated = storage.dataSource.runMigrations();
        await waits(`relation IN (SELECT oid FROM pg_class WHERE relname LIKE 'events%')`);
        await impatiently((other) => other.query(alone, [newId()]));
        // Somebody who is still at it when the index is begun.
        await slow.query(alone, [newId()]);
      });
      await waits(`locktype IN ('virtualxid', 'relation')`);
      const ids = await publish(10);
      await impatiently((runner) => runner.query(ENQUEUE, [ids]));
    });
    await migrated;
    expect(await upgraded()).toEqual(UPGRADED);
  });

  it('refuses none of them', async () => {
    const done = new AbortController();
    let rounds = 0;
    const writer = async () => {
      for (; !done.signal.aborted; rounds++) {
        const ids = await publish(3);
        await impatiently(async (runner) => {
          await runner.query(SETTLE, [newId()]);
          await runner.query(ENQUEUE, [ids]);
        });
      }
    };
    const writers = [writer(), writer()];
    await until('they work', () => rounds > 2);
    await storage.dataSource.runMigrations().finally(() => done.abort());
    await Promise.all(writers);
    expect(await upgraded()).toEqual(UPGRADED);
  });

  it('goes on where a run broke off', async () => {
    const { dataSource } = storage;
    await dataSource.query('ALTER TABLE event_outbox ADD workspace_id uuid');
    await dataSource.query('UPDATE event_outbox SET workspace_id = $2 WHERE event_id = ANY ($1)', [
      waiting.slice(0, 1_200),
      workspaceId,
    ]);
    const broken =
      'CREATE UNIQUE INDEX CONCURRENTLY event_outbox_workspace ON event_outbox (workspace_id)';
    await expect(dataSource.query(broken)).rejects.toThrow('could not create unique index');
    await dataSource.runMigrations();
    expect(await upgraded()).toEqual(UPGRADED);
  });
});
