import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { firstIdAt, timeOfId } from '../../database/index.js';
import type { Fault } from '../../errors.js';
import type { Status, StoredStatus, Trigger } from '../delivery.js';

/** A delivery as the log has it. */
export interface LoggedDelivery {
  id: string;
  workspaceId: string;
  eventId: string;
  eventType: string;
  automationId: string | null;
  webhookId: string;
  revision: number;
  status: Status;
  attemptCount: number;
  nextAttemptAt: Date | null;
  lastStatusCode: number | null;
  lastDurationMs: number | null;
  lastError: Pick<Fault, 'code' | 'message'> | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What a delivery sends; nulls where it could not be rendered. */
export interface LoggedBody {
  requestBody: string | null;
  contentType: string | null;
}

/** An attempt as the log has it. Request fields are null when the worker ended before it could tell. */
export interface LoggedAttempt {
  deliveryId: string;
  number: number;
  trigger: Trigger;
  outcome: 'delivered' | 'rejected' | 'unreachable' | 'interrupted';
  startedAt: Date;
  durationMs: number | null;
  requestMethod: string | null;
  requestUrl: string | null;
  requestHeaders: Record<string, string> | null;
  statusCode: number | null;
  responseHeaders: Record<string, string> | null;
  responseBody: string | null;
  error: { code: string; message: string } | null;
}

/** Status codes by their first digit. */
export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
type StatusClass = (typeof STATUS_CLASSES)[number];

/** Filters of the log; times are those at which the event was accepted. */
export interface DeliveryFilter {
  webhookId?: string;
  automationId?: string;
  eventId?: string;
  eventType?: string;
  status?: Status;
  statusCode?: number;
  statusClass?: StatusClass;
  errorCode?: string;
  since?: Date;
  until?: Date;
  limit: number;
  before?: string;
}

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

/** A lease that has run out holds nothing, whoever is written in it. */
const IS_HELD = '(q.holder IS NOT NULL AND q.due_at > now())';

const COLUMNS = `d.id, d.workspace_id AS "workspaceId", d.event_id AS "eventId", d.event_type AS "eventType",
  d.automation_id AS "automationId", d.webhook_id AS "webhookId", d.revision,
  CASE WHEN ${IS_HELD} THEN 'sending' ELSE d.status END AS status,
  GREATEST(d.attempt_count, q.attempt) AS "attemptCount",
  CASE WHEN ${IS_HELD} THEN NULL ELSE d.next_attempt_at END AS "nextAttemptAt",
  d.last_status_code AS "lastStatusCode", d.last_duration_ms AS "lastDurationMs", d.last_error AS "lastError",
  d.created_at AS "createdAt", d.updated_at AS "updatedAt"`;

const FROM = 'FROM deliveries d LEFT JOIN delivery_queue q ON q.delivery_id = d.id';

const ATTEMPT_COLUMNS = `a.delivery_id AS "deliveryId", a.number, a.trigger, a.outcome, a.started_at AS "startedAt",
  a.duration_ms AS "durationMs", a.request_method AS "requestMethod", a.request_url AS "requestUrl",
  a.request_headers AS "requestHeaders", a.status_code AS "statusCode", a.response_headers AS "responseHeaders",
  a.response_body AS "responseBody", a.error`;

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
  )
  SELECT webhook_id AS "webhookId" FROM queued`;

/** Reads the log, and opens deliveries again by hand. */
@Injectable()
export class DeliveryLogRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Newest first, one row more than the limit. */
  list(workspaceId: string, filter: DeliveryFilter): Promise<LoggedDelivery[]> {
    const { conditions, parameters } = conditionsOf(workspaceId, filter);
    return this.dataSource.query(
      `SELECT ${COLUMNS} ${FROM} WHERE ${conditions.join(' AND ')} ORDER BY d.id DESC LIMIT ${filter.limit + 1}`,
      parameters,
    );
  }

  async get(workspaceId: string, id: string): Promise<(LoggedDelivery & LoggedBody) | undefined> {
    const [row] = await this.dataSource.query<(LoggedDelivery & LoggedBody)[]>(
      `SELECT ${COLUMNS}, d.body AS "requestBody",
         CASE WHEN d.body IS NOT NULL THEN COALESCE(d.content_type, 'application/json') END AS "contentType" ${FROM} WHERE d.id = $1 AND d.workspace_id = $2`,
      [id, workspaceId],
    );
    return row;
  }

  /** All deliveries of an event, however many rules it fired. */
  ofEvent(workspaceId: string, eventId: string): Promise<EventDelivery[]> {
    const { conditions, parameters } = conditionsOf(workspaceId, { eventId });
    return this.dataSource.query(
      `SELECT ${COLUMNS}, CASE WHEN d.last_error ->> 'path' IS NOT NULL THEN d.last_error END AS fault
       ${FROM} WHERE ${conditions.join(' AND ')}`,
      parameters,
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

  /** Makes room for what can be rendered now: those of these deliveries that could not be leave the log. */
  async forgetUnrendered(ids: readonly string[]): Promise<void> {
    await this.dataSource.query('DELETE FROM deliveries WHERE id = ANY ($1) AND body IS NULL', [
      ids,
    ]);
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
      `SELECT ${COLUMNS}, ${ATTEMPT_COLUMNS} FROM unnest($1::uuid[], $2::integer[]) AS name (delivery_id, number)
       JOIN attempts a USING (delivery_id, number) JOIN deliveries d ON d.id = a.delivery_id
       LEFT JOIN delivery_queue q ON q.delivery_id = d.id ORDER BY a.started_at`,
      [names.map((name) => name.deliveryId), names.map((name) => name.number)],
    );
  }

  /**
   * Makes a delivery due now, by hand: the same bytes under the same id. Of an ordered webhook it has a key of its own: it
   * goes at once. Answers its webhook, or undefined when a worker holds it at this moment.
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

function conditionsOf(
  workspaceId: string,
  filter: Omit<DeliveryFilter, 'limit'>,
): { conditions: string[]; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const conditions: string[] = [];
  const add = (condition: string, value: unknown) => {
    if (value === undefined) return;
    parameters.push(value);
    conditions.push(condition.replace('?', `$${parameters.length}`));
  };
  add('d.workspace_id = ?', workspaceId);
  add('d.webhook_id = ?', filter.webhookId);
  add('d.automation_id = ?', filter.automationId);
  add('d.event_type = ?', filter.eventType);
  add('d.last_status_code = ?', filter.statusCode);
  if (filter.statusClass) {
    const first = Number(filter.statusClass[0]) * 100;
    add('d.last_status_code >= ?', first);
    add('d.last_status_code < ?', first + 100);
  }
  add("d.last_error ->> 'code' = ?", filter.errorCode);
  add('d.id >= ?', filter.since && firstIdAt(filter.since.getTime()));
  add('d.id < ?', filter.until && firstIdAt(filter.until.getTime()));
  add('d.id < ?', filter.before);
  if (filter.eventId) {
    // A delivery's id carries its event's time: one millisecond of the index holds them all.
    const time = timeOfId(filter.eventId);
    add('d.event_id = ?', filter.eventId);
    add('d.id >= ?', firstIdAt(time));
    add('d.id < ?', firstIdAt(time + 1));
  }
  if (filter.status === 'sending') conditions.push(IS_HELD);
  else if (filter.status) {
    add('d.status = ?', filter.status satisfies StoredStatus);
    conditions.push(`${IS_HELD} IS NOT TRUE`);
  }
  return { conditions, parameters };
}
