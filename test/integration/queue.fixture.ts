import type { NewDelivery } from '../../src/deliveries/delivery.js';
import type {
  Claimed,
  ClaimOptions,
  Lease,
} from '../../src/deliveries/queue/delivery-queue.repository.js';
import { newDelivery, openStorage, type Storage, storeWebhook } from './storage.fixture.js';

export const MINUTE = 60_000;
const NOBODY = { holder: 0, leaseMs: 0 };
/** A lease that has run out by the next statement. */
export const LOST = { holder: 1, leaseMs: 0 };
export const ME = { holder: 2, leaseMs: MINUTE };
export const ANOTHER = { holder: 3, leaseMs: MINUTE };

interface QueueRow {
  attempt: number;
  holder: number | null;
  trigger: string;
  due: boolean;
}

interface DeliveryRow {
  status: string;
  attempts: number;
  planned: boolean;
  code: number | null;
}

/** The queue on a database of the spec file's own, and ways to look into it. */
export function useQueue() {
  let storage: Storage;
  beforeAll(async () => {
    storage = await openStorage();
  });
  afterAll(() => storage.close());

  const enqueue = (deliveries: NewDelivery[], eventIds: string[] = []) =>
    storage.queue.enqueue({ eventIds, deliveries, held: [], lease: NOBODY });

  /** Deliveries of one new webhook that wait in the queue. */
  const queued = async (count: number, differences: { enabled?: boolean } = {}) => {
    const { workspaceId, webhookId } = await storeWebhook(storage, differences);
    const first = newDelivery({ workspaceId, webhookId });
    const others = Array.from({ length: count - 1 }, () => newDelivery({ workspaceId, webhookId }));
    const deliveries = [first, ...others];
    await enqueue(deliveries);
    const wanted = (slots = 1000) => new Map([[webhookId, slots]]);
    return { webhookId, deliveries, first, wanted };
  };

  /** The deliveries that a claim takes. */
  const take = async (
    wanted: ReadonlyMap<string, number>,
    lease: Lease,
    options?: ClaimOptions,
  ): Promise<Claimed[]> => (await storage.queue.claim(wanted, lease, options)).claimed;

  const inQueue = (deliveryId: string) =>
    storage.dataSource.query<QueueRow[]>(
      `SELECT attempt, holder, trigger, due_at <= now() AS due FROM delivery_queue WHERE delivery_id = $1`,
      [deliveryId],
    );

  const stored = async (deliveryId: string) => {
    const [delivery] = await storage.dataSource.query<DeliveryRow[]>(
      `SELECT status, attempt_count AS attempts, next_attempt_at IS NOT NULL AS planned, last_status_code AS code
       FROM deliveries WHERE id = $1`,
      [deliveryId],
    );
    return delivery;
  };

  const attempts = (deliveryId: string) =>
    storage.dataSource.query<{ number: number; outcome: string }[]>(
      'SELECT number, outcome FROM attempts WHERE delivery_id = $1 ORDER BY number',
      [deliveryId],
    );

  return { storage: () => storage, enqueue, queued, take, inQueue, stored, attempts };
}
