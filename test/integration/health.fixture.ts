import type { Settlement } from '../../src/deliveries/delivery.js';
import type { HealthAfter } from '../../src/deliveries/settling/settlement.repository.js';
import { Webhook, WebhookHealthService } from '../../src/webhooks/index.js';
import {
  newDelivery,
  openStorage,
  settlement,
  type Storage,
  storeWebhook,
} from './storage.fixture.js';

const HOLD_MS = 600_000;
const NOBODY = { holder: 0, leaseMs: 0 };
const FAILED: Partial<Settlement> = {
  outcome: 'rejected',
  status: 'retrying',
  statusCode: 500,
  waitMs: 60_000,
  countsAs: 'failure',
};

interface HealthRow {
  failures: number;
  trips: number;
  failing: boolean;
  held: boolean;
  reason: string | null;
}

/** The settling of attempts on a database of the spec file's own, and what it makes of the health of webhooks. */
export function useHealth() {
  let storage: Storage;
  beforeAll(async () => {
    storage = await openStorage();
  });
  afterAll(() => storage.close());

  const query = <R>(sql: string, values: unknown[]) => storage.dataSource.query<R[]>(sql, values);

  /** Deliveries of a new webhook that a worker holds for their first attempt; each can be settled once. */
  const held = async (count: number) => {
    const webhook = await storeWebhook(storage);
    const deliveries = Array.from({ length: count }, () => newDelivery(webhook));
    await storage.queue.enqueue({ eventIds: [], deliveries, held: [], lease: NOBODY });
    await query('UPDATE delivery_queue SET attempt = 1, holder = 1 WHERE webhook_id = $1', [
      webhook.webhookId,
    ]);
    const waiting = deliveries.map(({ id }) => id);
    const base = { ...webhook, webhookRevision: 3 };
    const next = () => ({ ...base, deliveryId: waiting.shift() });
    return {
      ...webhook,
      good: (more: Partial<Settlement> = {}) => settlement({ ...next(), ...more }),
      bad: (more: Partial<Settlement> = {}) => settlement({ ...next(), ...FAILED, ...more }),
    };
  };

  const settle = (...settlements: Settlement[]) => storage.settlements.settle(settlements);
  const settleEach = async (...settlements: Settlement[]) => {
    for (const one of settlements) await settle(one);
  };

  /** How the one webhook of these attempts does once they are settled. */
  const healthAfter = async (...settlements: Settlement[]): Promise<HealthAfter> => {
    const [health, ...others] = (await settle(...settlements)).health;
    if (!health || others.length > 0) throw new Error('not the health of one webhook');
    return health;
  };

  const rowOf = async (webhookId: string) => {
    const [row] = await query<HealthRow>(
      `SELECT failures, trips, failing_since IS NOT NULL AS failing, COALESCE(held_until > now(), false) AS held,
         held_reason AS reason FROM webhook_health WHERE webhook_id = $1`,
      [webhookId],
    );
    return row;
  };

  /** Why a webhook is held, and for how many minutes from now on, rounded up. */
  const holdOf = async (webhookId: string) => {
    const [row] = await query<{ reason: string; minutes: number }>(
      `SELECT held_reason AS reason, ceil(extract(epoch FROM held_until - now()) / 60)::integer AS minutes
       FROM webhook_health WHERE webhook_id = $1`,
      [webhookId],
    );
    return row;
  };

  /** Where the row lies: another place after each write. */
  const placeOf = (webhookId: string) =>
    query('SELECT ctid::text, xmin::text FROM webhook_health WHERE webhook_id = $1', [webhookId]);

  const hold = (health: HealthAfter, isTold = true) =>
    storage.settlements.trip(health, { ms: HOLD_MS, isTold });
  const recover = (webhookId: string) =>
    storage.statements.transaction((on) => storage.settlements.recover(webhookId, on));
  const correct = (webhookId: string) =>
    storage.dataSource.transaction((manager) => {
      const webhooks = storage.dataSource.getRepository(Webhook);
      return new WebhookHealthService(webhooks).forget(manager, webhookId);
    });

  return {
    query,
    held,
    settle,
    settleEach,
    healthAfter,
    rowOf,
    holdOf,
    placeOf,
    hold,
    recover,
    correct,
  };
}
