import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { firstIdAt, type Statement, Statements } from '../../database/index.js';
import type { ClaimedDelivery, NewDelivery } from '../delivery.js';
import { CLAIM, INTERRUPTED, JSON_TYPE } from './claim.js';

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

/** Rows go in as they were handed over: deliveries that are due at the same time are claimed in the order of the rules. */
const ENQUEUE: Statement = {
  name: 'enqueue',
  text: `
  WITH input AS (
    SELECT * FROM json_to_recordset($1) AS d (
      id uuid, "workspaceId" uuid, "eventId" uuid, "eventType" text, "automationId" uuid, "webhookId" uuid,
      revision integer, body text, "contentType" text, fault json, "orderKey" text, "orderBy" uuid)
  ), inserted AS (
    INSERT INTO deliveries (id, workspace_id, event_id, event_type, automation_id, webhook_id, revision,
      status, body, content_type, last_error, next_attempt_at, created_at, updated_at)
    SELECT id, "workspaceId", "eventId", "eventType", "automationId", "webhookId", revision,
      CASE WHEN fault IS NULL THEN 'pending' ELSE 'failed' END, body, NULLIF("contentType", '${JSON_TYPE}'), fault,
      CASE WHEN fault IS NULL THEN now() END, now(), now()
    FROM input ON CONFLICT DO NOTHING
    RETURNING id, webhook_id, status, id = ANY ($3) AND NOT EXISTS (
      SELECT FROM webhook_health h
      WHERE h.webhook_id = deliveries.webhook_id AND (h.failures > 0 OR h.held_until > now())) AS held
  ), queued AS (
    INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger, holder, order_key, order_by)
    SELECT id, webhook_id, CASE WHEN held THEN now() + $5 * interval '1 millisecond' ELSE now() END,
      CASE WHEN held THEN 1 ELSE 0 END, 'automatic', CASE WHEN held THEN $4::integer END, "orderKey", "orderBy"
    FROM inserted JOIN input USING (id) WHERE status = 'pending'
    RETURNING delivery_id, webhook_id, holder
  ), dispatched AS (
    DELETE FROM event_outbox WHERE event_id = ANY ($2) RETURNING event_id
  ), late AS (
    INSERT INTO late_dispatches (event_id, dispatched_at)
    SELECT event_id, now() FROM dispatched WHERE event_id < $6 ON CONFLICT DO NOTHING
  )
  SELECT q.delivery_id AS id, q.webhook_id AS "webhookId", q.holder IS NOT NULL AS held, COALESCE(w.revision, 0) AS "webhookRevision"
  FROM queued q LEFT JOIN webhooks w ON w.id = q.webhook_id AND w.enabled`,
};

/** What a living worker still holds of these is its own for another while; the rest was taken by somebody, or is gone. */
const RENEW: Statement = {
  name: 'renew-leases',
  text: `UPDATE delivery_queue SET due_at = now() + $3 * interval '1 millisecond'
    WHERE delivery_id = ANY ($1) AND holder = $2 RETURNING delivery_id AS id`,
};

const BODY: Statement = {
  name: 'delivery-body',
  text: 'SELECT body FROM deliveries WHERE id = $1',
};

/** Walks the due index from webhook to webhook: its cost is the number of webhooks with waiting work, not of rows. */
export const DUE_WEBHOOKS: Statement = {
  name: 'due-webhooks',
  text: `
  WITH RECURSIVE webhook AS (
    (SELECT webhook_id FROM delivery_queue ORDER BY webhook_id LIMIT 1)
    UNION ALL
    SELECT (SELECT q.webhook_id FROM delivery_queue q WHERE q.webhook_id > webhook.webhook_id ORDER BY q.webhook_id LIMIT 1)
    FROM webhook WHERE webhook.webhook_id IS NOT NULL
  )
  SELECT webhook.webhook_id AS id, w.workspace_id AS "workspaceId"
  FROM webhook LEFT JOIN webhooks w ON w.id = webhook.webhook_id
  LEFT JOIN webhook_health h ON h.webhook_id = webhook.webhook_id
  WHERE webhook.webhook_id IS NOT NULL AND (w.id IS NULL OR w.enabled
    AND (h.held_until IS NULL OR h.held_until <= now())
    AND EXISTS (SELECT FROM delivery_queue q WHERE q.webhook_id = webhook.webhook_id AND q.due_at <= now()))`,
};

/** A webhook with something due. */
export interface DueWebhook {
  id: string;
  /** Null when the webhook was deleted. */
  workspaceId: string | null;
}

/** What is cancelled together. */
const CANCEL_PAGE = 1_000;

/** What a living worker holds is cancelled once it has failed; of what a dead one held, the attempt is written down first. */
const CANCEL_OF_WEBHOOKS = `
  WITH removed AS (
    DELETE FROM delivery_queue WHERE delivery_id IN (
      SELECT delivery_id FROM delivery_queue
      WHERE webhook_id = ANY ($1) AND (holder IS NULL OR due_at <= now())
      LIMIT ${CANCEL_PAGE} FOR UPDATE SKIP LOCKED)
    RETURNING delivery_id, attempt, trigger, holder
  ), interrupted AS (
    INSERT INTO attempts (delivery_id, number, trigger, outcome, started_at, error)
    SELECT delivery_id, attempt, trigger, 'interrupted', now(), ${INTERRUPTED}
    FROM removed WHERE holder IS NOT NULL ON CONFLICT DO NOTHING
  )
  UPDATE deliveries d SET status = 'cancelled', attempt_count = removed.attempt, next_attempt_at = NULL,
    updated_at = now()
  FROM removed WHERE d.id = removed.delivery_id`;

const FIRST_KEY = '';
const ALL: ClaimOptions = { probeFrom: 0, fromKeys: new Map() };

/** The hot statements of deliveries, each one transaction over many rows. */
@Injectable()
export class DeliveryQueueRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly statements: Statements,
  ) {}

  /**
   * Stores deliveries, queues those that were rendered, and takes their events out of the outbox, all or nothing. What
   * was stored before is left as it is. Answers what was queued.
   */
  enqueue({ eventIds, deliveries, held, lease }: Enqueued): Promise<QueuedDelivery[]> {
    const rows = deliveries.map(({ rendered, order, ...delivery }) => ({
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
  claim(
    wanted: ReadonlyMap<string, number>,
    { holder, leaseMs }: Lease,
    { probeFrom, fromKeys }: ClaimOptions = ALL,
  ): Promise<Claimed[]> {
    const webhookIds = [...wanted.keys()];
    const keys = webhookIds.map((id) => fromKeys.get(id) ?? FIRST_KEY);
    const values = [webhookIds, [...wanted.values()], holder, leaseMs, probeFrom || NEVER, keys];
    return this.statements.run<Claimed>(CLAIM, values);
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
    await this.dataSource.query(
      `UPDATE delivery_queue q
       SET due_at = now() + $4 * interval '1 millisecond', holder = NULL, attempt = q.attempt - 1
       FROM unnest($1::uuid[], $2::integer[]) AS back (id, attempt)
       WHERE q.delivery_id = back.id AND q.attempt = back.attempt AND q.holder = $3`,
      [deliveries.map(({ id }) => id), deliveries.map(({ attempt }) => attempt), holder, afterMs],
    );
  }

  /** Webhooks with something due. Disabled ones and those on hold keep what waits for them. */
  dueWebhooks(): Promise<DueWebhook[]> {
    return this.statements.run<DueWebhook>(DUE_WEBHOOKS, []);
  }

  /** Cancels a page of what waits for webhooks which are gone. Answers whether there may be more. */
  async cancelSomeOf(webhookIds: readonly string[]): Promise<boolean> {
    const [, count] = await this.dataSource.query<[unknown, number]>(CANCEL_OF_WEBHOOKS, [
      webhookIds,
    ]);
    return count === CANCEL_PAGE;
  }

  /** A number by which the rows that a worker holds can be told, from a sequence. */
  async newHolder(): Promise<number> {
    const [row] = await this.dataSource.query<{ holder: number }[]>(
      `SELECT nextval('queue_holders')::integer AS holder`,
    );
    if (!row) throw new Error('nextval answered no row');
    return row.holder;
  }

  /** Workers that hold something and whose lock (the two advisory keys) nobody holds. */
  async holdersWithoutLock(lockSpace: number): Promise<number[]> {
    const rows = await this.dataSource.query<{ holder: number }[]>(
      `SELECT DISTINCT holder FROM delivery_queue
       WHERE holder IS NOT NULL AND due_at > now() AND holder NOT IN (
         SELECT objid::bigint::integer FROM pg_locks
         WHERE locktype = 'advisory' AND classid::bigint = $1 AND objsubid = 2 AND granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
      [lockSpace],
    );
    return rows.map(({ holder }) => holder);
  }

  /** Makes due at once what these workers hold. Answers how many deliveries. */
  async releaseOfDead(holders: readonly number[]): Promise<number> {
    const [, count] = await this.dataSource.query<[unknown, number]>(
      'UPDATE delivery_queue SET due_at = now() WHERE holder = ANY ($1) AND due_at > now()',
      [holders],
    );
    return count;
  }
}
