import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Searches } from '../../database/index.js';
import type { IdRange } from '../../jobs/index.js';
import { endingHolds } from '../../webhooks/index.js';
import { cancelling, IS_FREE } from '../queue/cancelling.js';
import type { Counted, Recovery } from './recovery.js';

/** Deliveries of one webhook whose events were accepted in a period. */
export type OfWebhook = IdRange & { webhookId: string };

/** Those of one webhook, or of all that are enabled in a workspace. */
export type OfOwner = IdRange & { workspaceId: string; webhookId: string | null };

/** A page of deliveries, after a place. */
export interface DeliveryPage {
  /** Null at the beginning. */
  after: string | null;
  /** Rows to look at. */
  rows: number;
}

/** What of a page is opened. */
interface Reopening {
  status: Recovery['status'];
  /** Deliveries, at most. */
  room: number;
  /** Who asks for it: a hold that a probe has led to since then is not ended by the next page. */
  jobId: string;
}

/** What became of a page. */
type PageRow<Count extends string> = Record<Count | 'lookedAt', number> & { last: string | null };

/** The same, with the webhooks that have something to do now. */
type ReopenedPage = PageRow<'reopened'> & { isLast: boolean; webhookIds: string[] };

/** Each has an index with the id: deliveries are read in its order. */
type Owner = 'webhook_id' | 'workspace_id';

/** Rows that are looked at to count: more would take longer than somebody wants to wait. */
const COUNTED_AT_MOST = 100_000;

/** History is looked through in the order of its index; status is in none, so that a settlement touches none. */
const scanned = (owner: Owner): string => `
  SELECT id, status, webhook_id FROM deliveries
  WHERE ${owner} = $1 AND id >= $2 AND id < $3 AND ($4::uuid IS NULL OR id > $4) ORDER BY id LIMIT $5`;

/** Which of them are meant: of a workspace, not those of webhooks that are disabled or gone. */
const isMeant = (owner: Owner): string =>
  owner === 'webhook_id'
    ? 'true'
    : 'EXISTS (SELECT FROM webhooks w WHERE w.id = scanned.webhook_id AND w.enabled)';

/**
 * Of a webhook that wants its deliveries in order, those that are opened go one after the other: their keys are not kept.
 * Where more have ended than there is room for, the page ends with the last for which there was: what turns out to be
 * open already leaves its room to the next page.
 * Once the row is locked, its status is what it is now: whoever opens it by hand, or sends it, at this moment is
 * either seen or waited for. What is in the queue is left as it is.
 */
const reopening = (owner: Owner): string => `
  WITH scanned AS (${scanned(owner)}), ended AS (
    SELECT id FROM scanned WHERE status = $6 AND ${isMeant(owner)} ORDER BY id LIMIT $7
  ), place AS (
    SELECT COALESCE((SELECT id FROM ended ORDER BY id OFFSET $7 - 1 LIMIT 1), (SELECT id FROM scanned ORDER BY id DESC LIMIT 1)) AS last
  ), locked AS (
    SELECT d.id, d.webhook_id, d.event_id, d.attempt_count, w.ordered
    FROM ended JOIN deliveries d ON d.id = ended.id LEFT JOIN webhooks w ON w.id = d.webhook_id
    WHERE d.status = $6 AND d.body IS NOT NULL ORDER BY d.id FOR UPDATE OF d
  ), queued AS (
    INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, attempts_before, trigger, order_key, order_by)
    SELECT id, webhook_id, now(), attempt_count, attempt_count, 'manual', CASE WHEN ordered THEN '' END,
      CASE WHEN ordered THEN event_id END FROM locked
    ON CONFLICT (delivery_id) DO NOTHING RETURNING delivery_id, webhook_id
  ), reopened AS (
    UPDATE deliveries SET status = 'pending', next_attempt_at = now(), updated_at = now()
    WHERE id IN (SELECT delivery_id FROM queued)
  ), released AS (${endingHolds('SELECT webhook_id FROM queued', '$8')}
  )
  SELECT (SELECT count(*)::integer FROM scanned WHERE id <= place.last) AS "lookedAt",
    (SELECT count(*)::integer FROM queued) AS reopened, place.last,
    ARRAY(SELECT DISTINCT webhook_id FROM queued) AS "webhookIds",
    (SELECT count(*) FROM scanned) < $5 AND NOT EXISTS (SELECT FROM scanned WHERE id > place.last) AS "isLast"
  FROM place`;

const countingEnded = (owner: Owner): string => `
  SELECT count(*)::integer AS "lookedAt",
    (count(*) FILTER (WHERE status = $6 AND ${isMeant(owner)}))::integer AS count
  FROM (${scanned(owner)}) scanned`;

const CANCEL_ONE = `
  WITH ${cancelling(`SELECT delivery_id FROM delivery_queue q WHERE delivery_id = $1 AND ${IS_FREE} FOR UPDATE`)}
  SELECT count(*)::integer AS cancelled FROM removed`;

/** The queue is gone through by due time: what is tried meanwhile is due later, and is met again. */
const CANCEL_PAGE = `
  WITH scanned AS (
    SELECT delivery_id, due_at, delivery_id >= $2 AND delivery_id < $3 AS is_meant FROM delivery_queue
    WHERE webhook_id = $1 AND ($4::timestamptz IS NULL OR (due_at, delivery_id) > ($4, $5::uuid))
    ORDER BY due_at, delivery_id LIMIT $6
  ), ${cancelling(`
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
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly searches: Searches,
  ) {}

  /** How many ended ones there are, of the oldest hundred thousand. @throws BugleError as Searches does */
  async countEnded(of: OfOwner, status: Recovery['status']): Promise<Counted> {
    const { owner, id } = ownerOf(of);
    const values = [id, of.from, of.before, null, COUNTED_AT_MOST + 1, status];
    const rows = this.searches.run<CountRow>(of.workspaceId, countingEnded(owner), values);
    return counted(await rows);
  }

  /** Opens those of a page that ended so, `room` at most: the same bytes and id, and all of their retries again. Holds from before end. */
  async reopen(
    manager: EntityManager,
    of: OfOwner,
    { after, rows, status, room, jobId }: DeliveryPage & Reopening,
  ): Promise<ReopenedPage> {
    const { owner, id } = ownerOf(of);
    const values = [id, of.from, of.before, after, rows, status, room, jobId];
    return only(await manager.query<ReopenedPage[]>(reopening(owner), values));
  }

  /** Whether the delivery was waiting; what is being sent or has ended stays as it is. */
  async cancelOne(deliveryId: string): Promise<boolean> {
    const rows = await this.dataSource.query<{ cancelled: number }[]>(CANCEL_ONE, [deliveryId]);
    return only(rows).cancelled > 0;
  }

  /** How many wait, of a hundred thousand. */
  async countQueued(workspaceId: string, { webhookId, from, before }: OfWebhook): Promise<Counted> {
    const values = [webhookId, from, before, COUNTED_AT_MOST + 1];
    return counted(await this.searches.run<CountRow>(workspaceId, COUNT_QUEUED, values));
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

function ownerOf({ workspaceId, webhookId }: OfOwner): { owner: Owner; id: string } {
  return webhookId === null
    ? { owner: 'workspace_id', id: workspaceId }
    : { owner: 'webhook_id', id: webhookId };
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
