import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { firstIdAt, timeOfId } from '../../database/index.js';
import type { Fault } from '../../errors.js';
import { endingHolds } from '../../webhooks/index.js';
import {
  ATTEMPT_COLUMNS,
  DELIVERY_COLUMNS,
  FROM_DELIVERIES,
  type LoggedAttempt,
  type LoggedBody,
  type LoggedDelivery,
} from './logged-delivery.js';

/** What became of one event for one rule, in short. */
export type EventDelivery = Pick<
  LoggedDelivery,
  'id' | 'automationId' | 'webhookId' | 'revision' | 'status'
> & {
  /** Where the rule itself failed: its condition or its template. */
  fault: Fault | null;
};

/** What was rendered for a delivery. */
export interface RenderedBody {
  id: string;
  /** Null when it could not be rendered. */
  body: string | null;
  contentType: string;
}

const REOPEN = `
  WITH queued AS (
    INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger, order_key, order_by)
    SELECT d.id, d.webhook_id, now(), d.attempt_count, 'manual',
      CASE WHEN w.ordered THEN d.id::text END, CASE WHEN w.ordered THEN d.id END
    FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id WHERE d.id = $1
    ON CONFLICT (delivery_id) DO UPDATE SET due_at = now(), trigger = 'manual'
      WHERE delivery_queue.holder IS NULL OR delivery_queue.due_at <= now()
    RETURNING delivery_id, webhook_id
  ), reopened AS (
    UPDATE deliveries SET status = 'pending', next_attempt_at = now(), updated_at = now()
    WHERE id IN (SELECT delivery_id FROM queued)
  ), released AS (${endingHolds('SELECT webhook_id FROM queued')}
  )
  SELECT webhook_id AS "webhookId" FROM queued`;

/** Reads the log, and opens deliveries again by hand. */
@Injectable()
export class DeliveryLogRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async get(workspaceId: string, id: string): Promise<(LoggedDelivery & LoggedBody) | undefined> {
    const [row] = await this.dataSource.query<(LoggedDelivery & LoggedBody)[]>(
      `SELECT ${DELIVERY_COLUMNS}, d.body AS "requestBody",
         CASE WHEN d.body IS NOT NULL THEN COALESCE(d.content_type, 'application/json') END AS "contentType" ${FROM_DELIVERIES} WHERE d.id = $1 AND d.workspace_id = $2`,
      [id, workspaceId],
    );
    return row;
  }

  /** All deliveries of an event, however many rules it fired: their ids carry its time. */
  ofEvent(workspaceId: string, eventId: string): Promise<EventDelivery[]> {
    const time = timeOfId(eventId);
    return this.dataSource.query(
      `SELECT ${DELIVERY_COLUMNS}, CASE WHEN d.last_error ->> 'path' IS NOT NULL THEN d.last_error END AS fault
       ${FROM_DELIVERIES} WHERE d.workspace_id = $1 AND d.event_id = $2 AND d.id >= $3 AND d.id < $4`,
      [workspaceId, eventId, firstIdAt(time), firstIdAt(time + 1)],
    );
  }

  /** Those of these deliveries that exist. */
  async existing(workspaceId: string, ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      'SELECT id FROM deliveries WHERE id = ANY ($2) AND workspace_id = $1',
      [workspaceId, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Those of these deliveries that exist and could be rendered. */
  async rendered(workspaceId: string, ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      'SELECT id FROM deliveries WHERE id = ANY ($2) AND workspace_id = $1 AND body IS NOT NULL',
      [workspaceId, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** What was rendered for those of these deliveries that exist. */
  bodies(workspaceId: string, ids: readonly string[]): Promise<RenderedBody[]> {
    return this.dataSource.query(
      `SELECT id, body, COALESCE(content_type, 'application/json') AS "contentType"
       FROM deliveries WHERE id = ANY ($2) AND workspace_id = $1`,
      [workspaceId, ids],
    );
  }

  /** All attempts of a delivery, first to last. */
  attempts(deliveryId: string): Promise<LoggedAttempt[]> {
    return this.dataSource.query(
      `SELECT ${ATTEMPT_COLUMNS} FROM attempts a WHERE a.delivery_id = $1 ORDER BY a.number`,
      [deliveryId],
    );
  }

  /** These attempts, each with what the log says of its delivery. */
  attemptsWithDeliveries(names: readonly { deliveryId: string; number: number }[]) {
    return this.dataSource.query<(LoggedAttempt & Omit<LoggedDelivery, 'id'>)[]>(
      `SELECT ${DELIVERY_COLUMNS}, ${ATTEMPT_COLUMNS} FROM unnest($1::uuid[], $2::integer[]) AS name (delivery_id, number)
       JOIN attempts a USING (delivery_id, number) JOIN deliveries d ON d.id = a.delivery_id
       LEFT JOIN delivery_queue q ON q.delivery_id = d.id ORDER BY a.started_at`,
      [names.map((name) => name.deliveryId), names.map((name) => name.number)],
    );
  }

  /**
   * Makes a delivery due now, by hand: the same bytes under the same id. Of an ordered webhook it has a key of its own: it
   * goes at once. A hold for the failures of its webhook ends. Answers its webhook, or undefined when a worker holds it at this moment.
   */
  async reopen(id: string): Promise<string | undefined> {
    const [row] = await this.dataSource.transaction(async (manager) => {
      // A settlement that is just being stored is waited for, and then seen: the number of its attempt must not be used again.
      await manager.query('SELECT FROM delivery_queue WHERE delivery_id = $1 FOR UPDATE', [id]);
      return manager.query<{ webhookId: string }[]>(REOPEN, [id]);
    });
    return row?.webhookId;
  }
}
