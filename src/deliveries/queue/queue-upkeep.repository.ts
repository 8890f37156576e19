import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Statement, Statements } from '../../database/index.js';
import { cancelling, IS_FREE } from './cancelling.js';

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
  SELECT webhook.webhook_id AS id, w.workspace_id AS "workspaceId",
    CASE WHEN w.ordered THEN w.revision END AS "orderedRevision"
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
  /** Its revision, if it wants its deliveries in order. */
  orderedRevision: number | null;
}

/** A place in the queue of a webhook, behind which a page begins. */
export interface QueuePlace {
  /** As PostgreSQL writes it: to the microsecond. */
  dueAt: string;
  deliveryId: string;
}

/** Rows that one statement changes: small enough to hold no lock for long. */
const PAGE = 1_000;

/** What a living worker holds is cancelled once it has failed. */
const CANCEL = `
  WITH ${cancelling(`
    SELECT delivery_id FROM delivery_queue q WHERE webhook_id = ANY ($1) AND ${IS_FREE}
    LIMIT ${PAGE} FOR UPDATE SKIP LOCKED`)}
  SELECT count(*)::integer AS count FROM removed`;

/** The queue of a webhook is gone through by due time: what is tried meanwhile is due later, and is met again. */
const GIVE_PLACES = `
  WITH page AS (
    SELECT delivery_id, due_at, order_key FROM delivery_queue
    WHERE webhook_id = $1 AND ($2::timestamptz IS NULL OR (due_at, delivery_id) > ($2, $3::uuid))
    ORDER BY due_at, delivery_id LIMIT ${PAGE}
  ), loose AS (
    SELECT q.delivery_id FROM page JOIN delivery_queue q ON q.delivery_id = page.delivery_id
    WHERE page.order_key IS NULL AND EXISTS (SELECT FROM webhooks WHERE id = $1 AND ordered)
    FOR UPDATE OF q SKIP LOCKED
  ), placed AS (
    UPDATE delivery_queue q SET order_key = q.delivery_id::text, order_by = q.delivery_id
    FROM loose WHERE q.delivery_id = loose.delivery_id
  )
  SELECT due_at::text AS "dueAt", delivery_id AS "deliveryId" FROM page
  ORDER BY due_at, delivery_id OFFSET ${PAGE - 1}`;

/** What the queue needs besides sending, done in the background. */
@Injectable()
export class QueueUpkeepRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly statements: Statements,
  ) {}

  /** Webhooks with something due. Disabled ones and those on hold keep what waits for them. */
  dueWebhooks(): Promise<DueWebhook[]> {
    return this.statements.run<DueWebhook>(DUE_WEBHOOKS, []);
  }

  /** Cancels a page of what waits for webhooks which are gone. Answers whether there may be more. */
  async cancelSomeOf(webhookIds: readonly string[]): Promise<boolean> {
    const [row] = await this.dataSource.query<{ count: number }[]>(CANCEL, [webhookIds]);
    return row?.count === PAGE;
  }

  /**
   * Gives what was queued before its webhook became ordered a key of its own each, if it is on this page of the queue: it
   * is found by its key then, and waits for nobody. Answers where the next page begins; undefined after the last.
   */
  async givePlacesTo(webhookId: string, after?: QueuePlace): Promise<QueuePlace | undefined> {
    const values = [webhookId, after?.dueAt ?? null, after?.deliveryId ?? null];
    const [last] = await this.dataSource.query<QueuePlace[]>(GIVE_PLACES, values);
    return last;
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
