import type { Statement } from '../../database/index.js';
import { holding, PAUSED_UNTIL, TRIPPED_UNTIL } from '../../webhooks/index.js';
import { unprobed } from './probe.js';

/** What the statement hands on of an attempt that its worker still held. */
const TAKEN = `s."deliveryId", s.number, s.status, s."waitMs", s."statusCode", s."durationMs", s.error, s."webhookId",
      s."webhookRevision", s."countsAs", s."throttleMs"`;

/**
 * Of a row `h` of health: whether somebody was told that the webhook fails, in this run of failures or before it was last
 * corrected, and is to be told of its recovery.
 */
export const WAS_TOLD = '(h.trips > 0 OR h.told_since IS NOT NULL)';

/**
 * What became of webhooks, row by row of `webhook_health`: `excluded.failing_since` is null where one of the attempts
 * succeeded, `excluded.held_until` where no pause was asked for. A run of failures that was told of is no more held after a
 * success, its next probe may go, and it stays written down until that is told, too.
 */
const COUNT = `
    failures = CASE WHEN excluded.failing_since IS NOT NULL THEN h.failures + excluded.failures
      WHEN ${WAS_TOLD} THEN h.failures ELSE 0 END,
    failing_since = CASE WHEN excluded.failing_since IS NULL THEN CASE WHEN ${WAS_TOLD} THEN h.failing_since END
      WHEN h.failing_since < now() - $4::bigint * interval '1 millisecond' THEN now()
      ELSE COALESCE(h.failing_since, now()) END,
    probed_at = CASE WHEN excluded.failing_since IS NOT NULL THEN h.probed_at END, ${holding({
      tripped: `CASE WHEN excluded.failing_since IS NOT NULL THEN ${TRIPPED_UNTIL} END`,
      paused: `GREATEST(excluded.held_until, ${PAUSED_UNTIL})`,
    })}`;

/**
 * Attempt, new state, next due time and the health of the webhook in one statement. An attempt counts only while its worker
 * holds the delivery: what another has taken since (its attempt number has moved on), or what was settled before (nobody
 * holds it), keeps its state; the attempt is recorded all the same. Times are the database's own, since workers' clocks
 * differ. A webhook that does well costs a look-up, no write; rows of health are locked in the order of their ids, so that
 * two of these never wait for each other; what was called at an older revision says nothing of a webhook that was
 * corrected since. Where no attempt of a webhook says anything of it, one of them may have been its probe.
 */
export const SETTLE: Statement = {
  name: 'settle',
  text: `
  WITH input AS (
    SELECT * FROM json_to_recordset($1) AS s (
      "deliveryId" uuid, number integer, trigger text, outcome text, "startedAt" timestamptz, "durationMs" integer,
      "requestMethod" text, "requestUrl" text, "requestHeaders" json, "statusCode" integer, "responseHeaders" json,
      "responseBody" text, error json, status text, "waitMs" bigint, "webhookId" uuid, "webhookRevision" integer,
      "countsAs" text, "throttleMs" integer, "isCutOff" boolean)
  ), recorded AS (
    INSERT INTO attempts (delivery_id, number, trigger, outcome, started_at, duration_ms, request_method, request_url,
      request_headers, status_code, response_headers, response_body, error)
    SELECT "deliveryId", number, trigger, outcome, "startedAt", "durationMs", "requestMethod", "requestUrl",
      "requestHeaders", "statusCode", "responseHeaders", "responseBody", error FROM input
    ON CONFLICT (delivery_id, number) DO UPDATE SET outcome = excluded.outcome, started_at = excluded.started_at,
      duration_ms = excluded.duration_ms, request_method = excluded.request_method, request_url = excluded.request_url,
      request_headers = excluded.request_headers, status_code = excluded.status_code,
      response_headers = excluded.response_headers, response_body = excluded.response_body, error = excluded.error
  ), ended AS (
    DELETE FROM delivery_queue q USING input s
    WHERE q.delivery_id = s."deliveryId" AND q.attempt = s.number AND q.holder IS NOT NULL
      AND s."waitMs" IS NULL
    RETURNING ${TAKEN}
  ), again AS (
    UPDATE delivery_queue q SET due_at = now() + s."waitMs" * interval '1 millisecond', holder = NULL, trigger = 'automatic',
      attempts_before = q.attempts_before + s."isCutOff"::integer
    FROM input s
    WHERE q.delivery_id = s."deliveryId" AND q.attempt = s.number AND q.holder IS NOT NULL
      AND s."waitMs" IS NOT NULL
    RETURNING ${TAKEN}
  ), taken AS (
    SELECT * FROM ended UNION ALL SELECT * FROM again
  ), settled AS (
    UPDATE deliveries d SET status = s.status, attempt_count = s.number,
      next_attempt_at = now() + s."waitMs" * interval '1 millisecond',
      last_status_code = s."statusCode", last_duration_ms = s."durationMs", last_error = s.error, updated_at = now()
    FROM taken s WHERE d.id = s."deliveryId"
    RETURNING d.id, s.number, d.event_id, d.event_type, d.automation_id, s.status
  ), run AS (
    SELECT s."webhookId" AS id, bool_or(s."countsAs" = 'success') AS succeeded, count(*)::integer AS failures,
      max(s."throttleMs") AS throttle
    FROM taken s WHERE s."countsAs" IN ('success', 'failure')
      AND EXISTS (SELECT FROM webhooks w WHERE w.id = s."webhookId" AND w.revision = s."webhookRevision")
    GROUP BY 1
  ), counted AS (
    INSERT INTO webhook_health AS h (webhook_id, failures, failing_since, held_until, held_reason)
    SELECT id, CASE WHEN succeeded THEN 0 ELSE failures END, CASE WHEN NOT succeeded THEN now() END,
      now() + throttle * interval '1 millisecond', CASE WHEN throttle IS NOT NULL THEN 'throttled' END
    FROM run WHERE NOT succeeded OR throttle IS NOT NULL OR EXISTS (
      SELECT FROM webhook_health g WHERE g.webhook_id = run.id AND COALESCE(g.failing_since, g.told_since) IS NOT NULL)
    ORDER BY id
    ON CONFLICT (webhook_id) DO UPDATE SET ${COUNT}
    RETURNING webhook_id, failures, trips, failing_since, held_until, tripped_until, probed_at, ${WAS_TOLD} AS was_told
  ), unprobed AS (${unprobed(`SELECT "webhookId" FROM taken EXCEPT SELECT id FROM run`)}
  )
  SELECT
    (SELECT count(pg_notify($2, payload)) FROM unnest($3::text[]) AS notice (payload)) AS notices,
    (SELECT json_agg(json_build_object('attempt', id || '/' || number, 'eventId', event_id, 'eventType', event_type,
      'automationId', automation_id)) FROM settled WHERE status <> 'delivered') AS failed,
    (SELECT json_agg(json_build_object('webhookId', webhook_id, 'failures', counted.failures, 'trips', trips,
      'failingSince', failing_since, 'probedAt', probed_at, 'isHeld', COALESCE(held_until > now(), false),
      'isTripped', COALESCE(tripped_until > now(), false), 'failingMs', COALESCE(extract(epoch FROM now() - failing_since) * 1000, 0), 'hasSucceeded', run.succeeded,
      'wasTold', was_told))
      FROM counted JOIN run ON run.id = webhook_id) AS health`,
};
