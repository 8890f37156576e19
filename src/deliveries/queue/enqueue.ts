import type { Statement } from '../../database/index.js';
import { JSON_TYPE } from './claim.js';

/**
 * Deliveries are stored in the order of their ids, so that two statements with the same new ones (an event dispatched and
 * replayed, or dispatched twice) do not wait for each other. They are queued as they were handed over: what is due at the
 * same time is claimed in the order of the rules. What is there already is not locked, save what could not be rendered then
 * and is now: others hold many deliveries at once, and would have to be waited for.
 */
export const ENQUEUE: Statement = {
  name: 'enqueue',
  text: `
  WITH input AS (
    SELECT * FROM ROWS FROM (json_to_recordset($1) AS (
      id uuid, "workspaceId" uuid, "eventId" uuid, "eventType" text, "automationId" uuid, "webhookId" uuid,
      revision integer, body text, "contentType" text, fault json, "orderKey" text, "orderBy" uuid))
    WITH ORDINALITY AS d (id, "workspaceId", "eventId", "eventType", "automationId", "webhookId",
      revision, body, "contentType", fault, "orderKey", "orderBy", place)
  ), inserted AS (
    INSERT INTO deliveries (id, workspace_id, event_id, event_type, automation_id, webhook_id, revision,
      status, body, content_type, last_error, next_attempt_at, created_at, updated_at)
    SELECT id, "workspaceId", "eventId", "eventType", "automationId", "webhookId", revision,
      CASE WHEN fault IS NULL THEN 'pending' ELSE 'failed' END, body, NULLIF("contentType", '${JSON_TYPE}'), fault,
      CASE WHEN fault IS NULL THEN now() END, now(), now()
    FROM input ORDER BY id ON CONFLICT (id) DO NOTHING
    RETURNING id, webhook_id, status
  ), mendable AS (
    SELECT again.* FROM (
      SELECT id, body, "contentType", revision FROM input
      WHERE body IS NOT NULL AND id NOT IN (SELECT id FROM inserted) ORDER BY id
    ) AS again CROSS JOIN LATERAL (
      SELECT FROM deliveries d WHERE d.id = again.id AND d.body IS NULL FOR UPDATE
    ) AS unrendered
  ), mended AS (
    UPDATE deliveries d
    SET status = 'pending', body = m.body, content_type = NULLIF(m."contentType", '${JSON_TYPE}'), last_error = NULL,
      revision = m.revision, next_attempt_at = now(), updated_at = now()
    FROM mendable m WHERE d.id = m.id
    RETURNING d.id, d.webhook_id
  ), sendable AS (
    SELECT id, webhook_id, id = ANY ($3) AND NOT EXISTS (
      SELECT FROM webhook_health h
      WHERE h.webhook_id = fresh.webhook_id AND (h.failures > 0 OR h.held_until > now())) AS held
    FROM (
      SELECT id, webhook_id FROM inserted WHERE status = 'pending' UNION ALL SELECT id, webhook_id FROM mended
    ) AS fresh
  ), queued AS (
    INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger, holder, order_key, order_by)
    SELECT id, webhook_id, CASE WHEN held THEN now() + $5 * interval '1 millisecond' ELSE now() END,
      CASE WHEN held THEN 1 ELSE 0 END, 'automatic', CASE WHEN held THEN $4::integer END, "orderKey", "orderBy"
    FROM sendable JOIN input USING (id) ORDER BY place
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
