import type { Statement } from '../../database/index.js';
import { MAX_HELD_BODY_BYTES } from '../delivery.js';
import { interrupted } from './interrupted.js';
import { HEADS_OF_EACH, ORDERED_HEADS } from './ordered-heads.js';

/** What a row without a content type has. */
export const JSON_TYPE = 'application/json';

/**
 * Those of the asked webhooks that may get a probe: one that was taken within a lease has led to a hold, which is over by
 * now, or to nothing (then it is not written down any more), or its end is to be waited for. Of two claims at once one
 * passes over what the other has locked.
 */
const PROBED = `
  SELECT h.webhook_id FROM asked JOIN webhook_health h ON h.webhook_id = asked.id
  WHERE asked.is_probed AND (h.probed_at IS NULL OR h.probed_at < h.held_until
    OR h.probed_at <= now() - $4 * interval '1 millisecond')
  FOR UPDATE OF h SKIP LOCKED`;

/**
 * Takes what is due of each wanted webhook, up to its free slots: a lease is nothing but a due time in the future, so
 * what a dead worker held comes due again by itself. Whoever then takes it over first writes down that an attempt was
 * interrupted: its request may have been sent. Nothing is taken for a webhook that is held, and one delivery by all workers
 * together, as a probe, for one that has done nothing but fail. A row without an id tells at which key of an ordered
 * webhook to go on.
 */
export const CLAIM: Statement = {
  name: 'claim',
  text: `
  WITH asked AS (
    SELECT w.id, w.workspace_id, w.revision, w.ordered, wanted.from_key, wanted.slots,
      COALESCE(h.failures >= $5, false) AS is_probed
    FROM unnest($1::uuid[], $2::integer[], $6::text[]) AS wanted (id, slots, from_key)
    JOIN webhooks w ON w.id = wanted.id AND w.enabled
    LEFT JOIN webhook_health h ON h.webhook_id = w.id
    WHERE h.held_until IS NULL OR h.held_until <= now()
  ), probed AS (${PROBED}
  ), open AS (
    SELECT id, workspace_id, revision, ordered, from_key, is_probed, CASE WHEN is_probed THEN 1 ELSE slots END AS slots,
      ${HEADS_OF_EACH} AS heads
    FROM asked WHERE NOT is_probed OR id IN (SELECT webhook_id FROM probed)
  ), due AS (
    SELECT q.delivery_id, q.holder AS lost_holder, open.revision, open.is_probed
    FROM open CROSS JOIN LATERAL (
      SELECT delivery_id, holder FROM delivery_queue
      WHERE webhook_id = open.id AND due_at <= now()
      ORDER BY due_at LIMIT open.slots FOR UPDATE SKIP LOCKED
    ) q
    WHERE NOT open.ordered
  ), in_order AS (
    SELECT q.delivery_id, q.holder AS lost_holder, open.revision, open.is_probed, open.id AS webhook_id, open.slots,
      open.heads, head.order_key, head.number
    FROM open CROSS JOIN LATERAL (${ORDERED_HEADS}) AS head LEFT JOIN LATERAL (
      SELECT delivery_id, holder FROM delivery_queue
      WHERE head.may_go AND delivery_id = head.delivery_id AND due_at <= now() FOR UPDATE SKIP LOCKED
    ) q ON true
    WHERE open.ordered
  ), walked AS (
    SELECT webhook_id, (array_agg(order_key ORDER BY number DESC))[1] AS order_key FROM in_order
    GROUP BY webhook_id, slots, heads HAVING count(*) = slots OR max(number) = heads
  ), taken AS (
    UPDATE delivery_queue q
    SET due_at = now() + $4 * interval '1 millisecond', holder = $3, attempt = q.attempt + 1
    FROM (
      SELECT delivery_id, lost_holder, revision, is_probed FROM due
      UNION ALL SELECT delivery_id, lost_holder, revision, is_probed FROM in_order
    ) AS due WHERE q.delivery_id = due.delivery_id
    RETURNING q.delivery_id, q.webhook_id, q.attempt, q.attempts_before, q.trigger, q.order_key,
      due.lost_holder, due.revision, due.is_probed
  ), probes AS (
    UPDATE webhook_health SET probed_at = now()
    WHERE webhook_id IN (SELECT webhook_id FROM taken WHERE is_probed)
  ), interrupted AS (${interrupted({ from: 'taken', number: 'attempt - 1', where: 'lost_holder IS NOT NULL' })}
  )
  SELECT t.delivery_id AS id, d.workspace_id AS "workspaceId", d.event_id AS "eventId", t.webhook_id AS "webhookId",
    t.revision AS "webhookRevision", t.attempt, t.attempt - t.attempts_before AS "scheduleAttempt", t.trigger,
    t.order_key AS "orderKey", t.is_probed AS "isProbe",
    CASE WHEN octet_length(d.body) <= ${MAX_HELD_BODY_BYTES} THEN d.body END AS body,
    COALESCE(d.content_type, '${JSON_TYPE}') AS "contentType"
  FROM taken t JOIN deliveries d ON d.id = t.delivery_id
  UNION ALL
  SELECT NULL, NULL, NULL, webhook_id, NULL, NULL, NULL, NULL, order_key, NULL, NULL, NULL FROM walked`,
};
