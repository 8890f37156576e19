import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { IdRange } from '../../jobs/index.js';
import type { Counted, Recovery } from './recovery.js';

/** Deliveries of one webhook whose events were accepted in a period. */
export type OfWebhook = IdRange & { webhookId: string };

/** A page of deliveries, after a place. */
export interface DeliveryPage {
  /** Null at the beginning. */
  after: string | null;
  /** Rows to look at. */
  rows: number;
}

/** What became of a page. */
type PageRow<Count extends string> = Record<Count | 'lookedAt', number> & { last: string | null };

/** Rows that are looked at to count: more would take longer than somebody wants to wait. */
const COUNTED_AT_MOST = 100_000;

/** History is looked through in the order of its index; status is in none, so that a settlement touches none. */
const SCANNED = `
  SELECT id, status FROM deliveries
  WHERE webhook_id = $1 AND id >= $2 AND id < $3 AND ($4::uuid IS NULL OR id > $4) ORDER BY id LIMIT $5`;

/**
 * Of a webhook that wants its deliveries in order, those that are opened go one after the other: their keys are not kept.
 * Once the row is locked, its status is what it is now: whoever opens it by hand, or sends it, at this moment is
 * either seen or waited for. What is in the queue is left as it is.
 */
const REOPEN = `
  WITH scanned AS (${SCANNED}), ended AS (
    SELECT id FROM scanned WHERE status = $6 ORDER BY id LIMIT $7
  ), locked AS (
    SELECT d.id, d.webhook_id, d.event_id, d.attempt_count, w.ordered
    FROM ended JOIN deliveries d ON d.id = ended.id LEFT JOIN webhooks w ON w.id = d.webhook_id
    WHERE d.status = $6 AND d.body IS NOT NULL ORDER BY d.id FOR UPDATE OF d
  ), queued AS (
    INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, attempts_before, trigger, order_key, order_by)
    SELECT id, webhook_id, now(), attempt_count, attempt_count, 'manual', CASE WHEN ordered THEN '' END,
      CASE WHEN ordered THEN event_id END FROM locked
    ON CONFLICT (delivery_id) DO NOTHING RETURNING delivery_id
  ), reopened AS (
    UPDATE deliveries SET status = 'pending', next_attempt_at = now(), updated_at = now()
    WHERE id IN (SELECT delivery_id FROM queued)
  )
  SELECT (SELECT count(*)::integer FROM scanned) AS "lookedAt", (SELECT count(*)::integer FROM queued) AS reopened,
    (SELECT id FROM scanned ORDER BY id DESC LIMIT 1) AS last`;

const COUNT_ENDED = `
  SELECT count(*)::integer AS "lookedAt", (count(*) FILTER (WHERE status = $6))::integer AS count
  FROM (${SCANNED}) scanned`;

/** What a dead worker held is free when its lease has run out. */
const IS_FREE = '(q.holder IS NULL OR q.due_at <= now())';

/** Of what a dead worker held, the attempt is written down: its request may have been sent. */
const cancelled = (chosen: string) => `chosen AS (${chosen}), removed AS (
    DELETE FROM delivery_queue q USING chosen WHERE q.delivery_id = chosen.delivery_id
    RETURNING q.delivery_id, q.attempt, q.trigger, q.holder
  ), interrupted AS (
    INSERT INTO attempts (delivery_id, number, trigger, outcome, started_at, error)
    SELECT delivery_id, attempt, trigger, 'interrupted', now(), json_build_object(
      'code', 'interrupted', 'message', 'The worker ended before it could tell how this attempt went.')
    FROM removed WHERE holder IS NOT NULL ON CONFLICT DO NOTHING
  ), cancelled AS (
    UPDATE deliveries d SET status = 'cancelled', attempt_count = removed.attempt, next_attempt_at = NULL,
      updated_at = now()
    FROM removed WHERE d.id = removed.delivery_id
  )`;

const CANCEL_ONE = `
  WITH ${cancelled(`SELECT delivery_id FROM delivery_queue q WHERE delivery_id = $1 AND ${IS_FREE} FOR UPDATE`)}
  SELECT count(*)::integer AS cancelled FROM removed`;

/** The queue is gone through by due time: what is tried meanwhile is due later, and is met again. */
const CANCEL_PAGE = `
  WITH scanned AS (
    SELECT delivery_id, due_at, delivery_id >= $2 AND delivery_id < $3 AS is_meant FROM delivery_queue
    WHERE webhook_id = $1 AND ($4::timestamptz IS NULL OR (due_at, delivery_id) > ($4, $5::uuid))
    ORDER BY due_at, delivery_id LIMIT $6
  ), ${cancelled(`
    SELECT q.delivery_id FROM scanned JOIN delivery_queue q ON q.delivery_id = scanned.delivery_id
    WHERE is_meant AND ${IS_FREE} FOR UPDATE OF q SKIP LOCKED`)}
  SELECT (SELECT count(*)::integer FROM scanned) AS "lookedAt", (SELECT count(*)::integer FROM removed) AS cancelled,
    ((SELECT count(*) FROM scanned WHERE is_meant) - (SELECT count(*) FROM removed))::integer AS "inFlight",
    (SELECT due_at::text || ' ' || delivery_id FROM scanned ORDER BY due_at DESC, delivery_id DESC LIMIT 1) AS last`;

const COUNT_QUEUED = `
  SELECT count(*)::integer AS "lookedAt", (count(*) FILTER (WHERE is_meant))::integer AS count FROM (
    SELECT delivery_id >= $2 AND delivery_id < $3 AS is_meant FROM delivery_queue WHERE webhook_id = $1 LIMIT $4
  ) scanned`;

/** Opens deliveries again, and takes them out of the queue, many at a time. */
@Injectable()
export class RecoveryRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** How many ended ones there are, of the oldest hundred thousand. */
  async countEnded(of: OfWebhook, status: Recovery['status']): Promise<Counted> {
    const { webhookId, from, before } = of;
    const values = [webhookId, from, before, null, COUNTED_AT_MOST + 1, status];
    return counted(await this.dataSource.query<CountRow[]>(COUNT_ENDED, values));
  }

  /** Opens those of a page that ended so, `room` at most: the same bytes and id, and all of their retries again. */
  async reopen(
    manager: EntityManager,
    of: OfWebhook,
    { after, rows, status, room }: DeliveryPage & { status: Recovery['status']; room: number },
  ): Promise<PageRow<'reopened'>> {
    const { webhookId, from, before } = of;
    const values = [webhookId, from, before, after, rows, status, room];
    return only(await manager.query<PageRow<'reopened'>[]>(REOPEN, values));
  }

  /** Whether the delivery was waiting; what is being sent or has ended stays as it is. */
  async cancelOne(deliveryId: string): Promise<boolean> {
    const rows = await this.dataSource.query<{ cancelled: number }[]>(CANCEL_ONE, [deliveryId]);
    return only(rows).cancelled > 0;
  }

  /** How many wait, of a hundred thousand. */
  async countQueued({ webhookId, from, before }: OfWebhook): Promise<Counted> {
    const values = [webhookId, from, before, COUNTED_AT_MOST + 1];
    return counted(await this.dataSource.query<CountRow[]>(COUNT_QUEUED, values));
  }

  /** Cancels what waits on a page of the queue; what is being sent at this moment goes on. */
  async cancel(
    manager: EntityManager,
    { webhookId, from, before }: OfWebhook,
    { after, rows }: DeliveryPage,
  ): Promise<PageRow<'cancelled' | 'inFlight'>> {
    const space = after?.lastIndexOf(' ') ?? 0;
    const place = [after?.slice(0, space) ?? null, after?.slice(space + 1) ?? null];
    const values = [webhookId, from, before, ...place, rows];
    return only(await manager.query<PageRow<'cancelled' | 'inFlight'>[]>(CANCEL_PAGE, values));
  }
}

interface CountRow {
  lookedAt: number;
  count: number;
}

function counted(rows: readonly CountRow[]): Counted {
  const { lookedAt, count } = only(rows);
  return { count, atLeast: lookedAt > COUNTED_AT_MOST };
}

function only<Row>([row]: readonly Row[]): Row {
  if (!row) throw new Error('a count answered no row');
  return row;
}
