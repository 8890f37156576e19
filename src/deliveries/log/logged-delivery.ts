import type { Fault } from '../../errors.js';
import type { Status, Trigger } from '../delivery.js';

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

/** A lease that has run out holds nothing, whoever is written in it. */
export const IS_HELD = '(q.holder IS NOT NULL AND q.due_at > now())';

/** Of table `d` and its row `q` in the queue, if it has one: what makes a LoggedDelivery. */
export const DELIVERY_COLUMNS = `d.id, d.workspace_id AS "workspaceId", d.event_id AS "eventId", d.event_type AS "eventType",
  d.automation_id AS "automationId", d.webhook_id AS "webhookId", d.revision,
  CASE WHEN ${IS_HELD} THEN 'sending' ELSE d.status END AS status,
  GREATEST(d.attempt_count, q.attempt) AS "attemptCount",
  CASE WHEN ${IS_HELD} THEN NULL ELSE d.next_attempt_at END AS "nextAttemptAt",
  d.last_status_code AS "lastStatusCode", d.last_duration_ms AS "lastDurationMs", d.last_error AS "lastError",
  d.created_at AS "createdAt", d.updated_at AS "updatedAt"`;

/** Where those are. */
export const FROM_DELIVERIES =
  'FROM deliveries d LEFT JOIN delivery_queue q ON q.delivery_id = d.id';

/** Of table `a`: what makes a LoggedAttempt. */
export const ATTEMPT_COLUMNS = `a.delivery_id AS "deliveryId", a.number, a.trigger, a.outcome, a.started_at AS "startedAt",
  a.duration_ms AS "durationMs", a.request_method AS "requestMethod", a.request_url AS "requestUrl",
  a.request_headers AS "requestHeaders", a.status_code AS "statusCode", a.response_headers AS "responseHeaders",
  a.response_body AS "responseBody", a.error`;
