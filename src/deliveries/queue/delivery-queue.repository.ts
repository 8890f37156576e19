import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { firstIdAt, type Statement, Statements } from '../../database/index.js';
import { type ClaimedDelivery, MAX_HELD_BODY_BYTES, type NewDelivery } from '../delivery.js';

/** A delivery that was stored just now and is to be sent. */
export interface QueuedDelivery {
  id: string;
  webhookId: string;
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
  /** Ids of those that the lease's holder will send itself. */
  held: Iterable<string>;
  lease: Lease;
}

/** An event that is dispatched later than this after it was accepted has the time of it written down. */
const LATE_MS = 1_000;
/** What a row without a content type has. */
const JSON_TYPE = 'application/json';

/** Rows go in as they were handed over: deliveries that are due at the same time are claimed in the order of the rules. */
const ENQUEUE: Statement = {
  name: 'enqueue',
  text: `
  WITH input AS (
    SELECT * FROM json_to_recordset($1) AS d (
      id uuid, "workspaceId" uuid, "eventId" uuid, "eventType" text, "automationId" uuid, "webhookId" uuid,
      revision integer, body text, "contentType" text, fault json)
  ), inserted AS (
    INSERT INTO deliveries (id, workspace_id, event_id, event_type, automation_id, webhook_id, revision,
      status, body, content_type, last_error, next_attempt_at, created_at, updated_at)
    SELECT id, "workspaceId", "eventId", "eventType", "automationId", "webhookId", revision,
      CASE WHEN fault IS NULL THEN 'pending' ELSE 'failed' END, body, NULLIF("contentType", '${JSON_TYPE}'), fault,
      CASE WHEN fault IS NULL THEN now() END, now(), now()
    FROM input ON CONFLICT DO NOTHING RETURNING id, webhook_id, status, id = ANY ($3) AS held
  ), queued AS (
    INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger, holder)
    SELECT id, webhook_id, CASE WHEN held THEN now() + $5 * interval '1 millisecond' ELSE now() END,
      CASE WHEN held THEN 1 ELSE 0 END, 'automatic', CASE WHEN held THEN $4::integer END
    FROM inserted WHERE status = 'pending'
    RETURNING delivery_id, webhook_id
  ), dispatched AS (
    DELETE FROM event_outbox WHERE event_id = ANY ($2) RETURNING event_id
  ), late AS (
    INSERT INTO late_dispatches (event_id, dispatched_at)
    SELECT event_id, now() FROM dispatched WHERE event_id < $6 ON CONFLICT DO NOTHING
  )
  SELECT q.delivery_id AS id, q.webhook_id AS "webhookId", COALESCE(w.revision, 0) AS "webhookRevision"
  FROM queued q LEFT JOIN webhooks w ON w.id = q.webhook_id AND w.enabled`,
};

/** The error of an attempt whose worker died, as SQL. */
const INTERRUPTED = `json_build_object(
  'code', 'interrupted', 'message', 'The worker ended before it could tell how this attempt went.')`;

/**
 * Takes what is due of each wanted webhook, up to its free slots: a lease is nothing but a due time in the future, so
 * what a dead worker held comes due again by itself. Whoever then takes it over first writes down that an attempt was
 * interrupted: its request may have been sent.
 */
const CLAIM: Statement = {
  name: 'claim',
  text: `
  WITH due AS (
    SELECT q.delivery_id, q.holder AS lost_holder, w.revision
    FROM unnest($1::uuid[], $2::integer[]) AS wanted (webhook_id, slots)
    JOIN webhooks w ON w.id = wanted.webhook_id AND w.enabled
    CROSS JOIN LATERAL (
      SELECT delivery_id, holder FROM delivery_queue
      WHERE webhook_id = wanted.webhook_id AND due_at <= now()
      ORDER BY due_at LIMIT wanted.slots FOR UPDATE SKIP LOCKED
    ) q
  ), taken AS (
    UPDATE delivery_queue q
    SET due_at = now() + $4 * interval '1 millisecond', holder = $3, attempt = q.attempt + 1
    FROM due WHERE q.delivery_id = due.delivery_id
    RETURNING q.delivery_id, q.webhook_id, q.attempt, q.trigger, due.lost_holder, due.revision
  ), interrupted AS (
    INSERT INTO attempts (delivery_id, number, trigger, outcome, started_at, error)
    SELECT delivery_id, attempt - 1, trigger, 'interrupted', now(), ${INTERRUPTED}
    FROM taken WHERE lost_holder IS NOT NULL ON CONFLICT DO NOTHING
  )
  SELECT t.delivery_id AS id, d.workspace_id AS "workspaceId", d.event_id AS "eventId", t.webhook_id AS "webhookId",
    t.revision AS "webhookRevision", t.attempt, t.trigger, CASE WHEN octet_length(d.body) <= ${MAX_HELD_BODY_BYTES} THEN d.body END AS body,
    COALESCE(d.content_type, '${JSON_TYPE}') AS "contentType"
  FROM taken t JOIN deliveries d ON d.id = t.delivery_id`,
};

const BODY: Statement = {
  name: 'delivery-body',
  text: 'SELECT body FROM deliveries WHERE id = $1',
};

/** Walks the due index from webhook to webhook: its cost is the number of webhooks with waiting work, not of rows. */
const DUE_WEBHOOKS = `
  WITH RECURSIVE webhook AS (
    (SELECT webhook_id FROM delivery_queue ORDER BY webhook_id LIMIT 1)
    UNION ALL
    SELECT (SELECT q.webhook_id FROM delivery_queue q WHERE q.webhook_id > webhook.webhook_id ORDER BY q.webhook_id LIMIT 1)
    FROM webhook WHERE webhook.webhook_id IS NOT NULL
  )
  SELECT webhook.webhook_id AS id, w.id IS NULL AS gone
  FROM webhook LEFT JOIN webhooks w ON w.id = webhook.webhook_id
  WHERE webhook.webhook_id IS NOT NULL AND (w.id IS NULL OR w.enabled
    AND EXISTS (SELECT FROM delivery_queue q WHERE q.webhook_id = webhook.webhook_id AND q.due_at <= now()))`;

/** What a living worker holds is cancelled once it has failed; of what a dead one held, the attempt is written down first. */
const CANCEL_OF_WEBHOOKS = `
  WITH removed AS (
    DELETE FROM delivery_queue WHERE webhook_id = ANY ($1) AND (holder IS NULL OR due_at <= now())
    RETURNING delivery_id, attempt, trigger, holder
  ), interrupted AS (
    INSERT INTO attempts (delivery_id, number, trigger, outcome, started_at, error)
    SELECT delivery_id, attempt, trigger, 'interrupted', now(), ${INTERRUPTED}
    FROM removed WHERE holder IS NOT NULL ON CONFLICT DO NOTHING
  )
  UPDATE deliveries d SET status = 'cancelled', attempt_count = removed.attempt, next_attempt_at = NULL,
    updated_at = now()
  FROM removed WHERE d.id = removed.delivery_id`;

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
    const rows = deliveries.map(({ rendered, ...delivery }) => ({ ...delivery, ...rendered }));
    const late = firstIdAt(Date.now() - LATE_MS);
    const values = [JSON.stringify(rows), eventIds, [...held], lease.holder, lease.leaseMs, late];
    return this.statements.run<QueuedDelivery>(ENQUEUE, values);
  }

  /** Takes due deliveries, at most the wanted number of each webhook. */
  claim(
    wanted: ReadonlyMap<string, number>,
    { holder, leaseMs }: Lease,
  ): Promise<ClaimedDelivery[]> {
    const values = [[...wanted.keys()], [...wanted.values()], holder, leaseMs];
    return this.statements.run<ClaimedDelivery>(CLAIM, values);
  }

  /** The body of a delivery. @throws Error when the delivery is gone. */
  async bodyOf(deliveryId: string): Promise<string> {
    const [row] = await this.statements.run<{ body: string }>(BODY, [deliveryId]);
    if (!row) throw new Error(`delivery ${deliveryId} is gone`);
    return row.body;
  }

  /** Gives back what was claimed but not sent: as if it had not been taken. */
  async handBack(deliveryIds: readonly string[], holder: number): Promise<void> {
    await this.dataSource.query(
      `UPDATE delivery_queue SET due_at = now(), holder = NULL, attempt = attempt - 1
       WHERE delivery_id = ANY ($1) AND holder = $2`,
      [deliveryIds, holder],
    );
  }

  /** Webhooks with something due; those that were deleted are `gone`. Disabled ones keep what waits for them. */
  dueWebhooks(): Promise<{ id: string; gone: boolean }[]> {
    return this.dataSource.query(DUE_WEBHOOKS);
  }

  /** Cancels everything that waits for webhooks which are gone. */
  async cancelOf(webhookIds: readonly string[]): Promise<void> {
    await this.dataSource.query(CANCEL_OF_WEBHOOKS, [webhookIds]);
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
