import { Injectable } from '@nestjs/common';
import { firstIdAt, type Statement, Statements } from '../../database/index.js';
import type { ClaimedDelivery, NewDelivery } from '../delivery.js';
import { unprobed } from '../settling/probe.js';
import { CLAIM } from './claim.js';
import { ENQUEUE } from './enqueue.js';

/** A delivery that was stored just now and is to be sent. */
export interface QueuedDelivery {
  id: string;
  webhookId: string;
  /** Whether the lease's holder sends it. Not what goes to a webhook that has failed last: claiming decides over that. */
  held: boolean;
  /** 0 when the webhook is gone or disabled by now. */
  webhookRevision: number;
}

/** Who holds something, and for how long. */
export interface Lease {
  holder: number;
  leaseMs: number;
}

/** What is enqueued together. */
export interface Enqueued {
  /** Events that are dispatched herewith. */
  eventIds: readonly string[];
  deliveries: readonly NewDelivery[];
  /** Ids of those that the lease's holder would send itself. */
  held: Iterable<string>;
  lease: Lease;
}

/** An event that is dispatched later than this after it was accepted has the time of it written down. */
const LATE_MS = 1_000;
/** Stands for: however often it has failed. */
const NEVER = 2 ** 31 - 1;

/** What is claimed besides: all of it by webhook. */
export interface ClaimOptions {
  /** A webhook with so many failures in a row gets one delivery, as a probe; 0 for never. */
  probeFrom: number;
  /** Where to begin among the keys of ordered webhooks; the first key for others. */
  fromKeys: ReadonlyMap<string, string>;
}

/** A delivery that this worker has claimed. */
export interface Claimed extends ClaimedDelivery {
  /** Its webhook has done nothing but fail: how this one goes decides over the others. */
  isProbe: boolean;
}

/** What came of a claim. */
export interface Claim {
  claimed: Claimed[];
  /** Ordered webhooks that may have more to give, each with the key to go on from. */
  walkedTo: ReadonlyMap<string, string>;
}

/** A delivery, or the end of a walk. */
type ClaimRow = Claimed | { id: null; webhookId: string; orderKey: string };

/**
 * What a living worker still holds of these is its own for another while; the rest was taken by somebody, or is gone. Rows
 * are locked in the order of their ids, so that two statements over many rows do not wait for each other.
 */
const RENEW: Statement = {
  name: 'renew-leases',
  text: `
  WITH held AS (
    SELECT delivery_id FROM delivery_queue WHERE delivery_id = ANY ($1) AND holder = $2
    ORDER BY delivery_id FOR UPDATE
  )
  UPDATE delivery_queue q SET due_at = now() + $3 * interval '1 millisecond'
  FROM held WHERE q.delivery_id = held.delivery_id RETURNING q.delivery_id AS id`,
};

/** Locks in the same order. A probe that is handed back has told nothing. */
const HAND_BACK: Statement = {
  name: 'hand-back',
  text: `
  WITH held AS (
    SELECT q.delivery_id, q.webhook_id FROM unnest($1::uuid[], $2::integer[]) AS back (id, attempt)
    JOIN delivery_queue q ON q.delivery_id = back.id AND q.attempt = back.attempt AND q.holder = $3
    ORDER BY q.delivery_id FOR UPDATE OF q
  ), unprobed AS (${unprobed('SELECT DISTINCT webhook_id FROM held')}
  )
  UPDATE delivery_queue q
  SET due_at = now() + $4 * interval '1 millisecond', holder = NULL, attempt = q.attempt - 1
  FROM held WHERE q.delivery_id = held.delivery_id`,
};

const BODY: Statement = {
  name: 'delivery-body',
  text: 'SELECT body FROM deliveries WHERE id = $1',
};

const FIRST_KEY = '';
const ALL: ClaimOptions = { probeFrom: 0, fromKeys: new Map() };

/** The hot statements of deliveries, each one transaction over many rows. */
@Injectable()
export class DeliveryQueueRepository {
  constructor(private readonly statements: Statements) {}

  /**
   * Stores deliveries, queues those that were rendered, and takes their events out of the outbox, all or nothing. What
   * was stored before is left as it is, save what could not be rendered then and is now. Answers what was queued.
   */
  enqueue({ eventIds, deliveries, held, lease }: Enqueued): Promise<QueuedDelivery[]> {
    // A statement can decide once about a row. The same match may come twice at the same moment: dispatched, and replayed.
    const rows = onceEach(deliveries).map(({ rendered, order, ...delivery }) => ({
      orderKey: order?.key,
      orderBy: order?.by,
      ...rendered,
      ...delivery,
    }));
    const late = firstIdAt(Date.now() - LATE_MS);
    const values = [JSON.stringify(rows), eventIds, [...held], lease.holder, lease.leaseMs, late];
    return this.statements.run<QueuedDelivery>(ENQUEUE, values);
  }

  /** Takes due deliveries, at most the wanted number of each webhook. */
  async claim(
    wanted: ReadonlyMap<string, number>,
    { holder, leaseMs }: Lease,
    { probeFrom, fromKeys }: ClaimOptions = ALL,
  ): Promise<Claim> {
    const webhookIds = [...wanted.keys()];
    const keys = webhookIds.map((id) => fromKeys.get(id) ?? FIRST_KEY);
    const values = [webhookIds, [...wanted.values()], holder, leaseMs, probeFrom || NEVER, keys];
    const rows = await this.statements.run<ClaimRow>(CLAIM, values);
    const claimed = rows.filter((row) => row.id !== null);
    const ends = rows.filter((row) => row.id === null);
    return { claimed, walkedTo: new Map(ends.map((end) => [end.webhookId, end.orderKey])) };
  }

  /** Renews the leases of these deliveries. Answers those that the worker really held. */
  async renew(deliveryIds: readonly string[], { holder, leaseMs }: Lease): Promise<Set<string>> {
    const values = [deliveryIds, holder, leaseMs];
    const rows = await this.statements.run<{ id: string }>(RENEW, values);
    return new Set(rows.map(({ id }) => id));
  }

  /** The body of a delivery. @throws Error when the delivery is gone. */
  async bodyOf(deliveryId: string): Promise<string> {
    const [row] = await this.statements.run<{ body: string }>(BODY, [deliveryId]);
    if (!row) throw new Error(`delivery ${deliveryId} is gone`);
    return row.body;
  }

  /** Gives back what was claimed but not sent: as if it had not been taken, due after so many milliseconds. */
  async handBack(
    deliveries: readonly Pick<ClaimedDelivery, 'id' | 'attempt'>[],
    holder: number,
    afterMs = 0,
  ): Promise<void> {
    const ids = deliveries.map(({ id }) => id);
    const attempts = deliveries.map(({ attempt }) => attempt);
    await this.statements.run(HAND_BACK, [ids, attempts, holder, afterMs]);
  }
}

function onceEach(deliveries: readonly NewDelivery[]): NewDelivery[] {
  return [...new Map(deliveries.map((delivery) => [delivery.id, delivery])).values()];
}
