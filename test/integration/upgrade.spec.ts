import { ensurePartitions, newId } from '../../src/database/index.js';
import { Revisions1763820000000 } from '../../src/database/migrations/1763820000000-revisions.js';
import { migrations } from '../../src/database/migrations/index.js';
import {
  newDelivery,
  newEvent,
  openStorage,
  type Storage,
  storeWebhook,
} from './storage.fixture.js';

const FIVE_DAYS = 5 * 86_400_000;

let storage: Storage;

beforeAll(async () => {
  storage = await openStorage();
});
afterAll(() => storage.close());

it('dispatches an event that has waited since long before the upgrade', async () => {
  const { dataSource, events, queue } = storage;
  const then = Date.now() - FIVE_DAYS;
  await ensurePartitions(dataSource, then);
  const event = newEvent({ id: newId(then) });
  await events.insert([event]);
  for (const _ of migrations.slice(migrations.indexOf(Revisions1763820000000)))
    await dataSource.undoLastMigration();

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
