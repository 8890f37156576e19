import type { Statement } from '../../database/index.js';
import { MAX_HELD_BODY_BYTES } from '../delivery.js';

/** What a row without a content type has. */
export const JSON_TYPE = 'application/json';

/** The error of an attempt whose worker died, as SQL. */
export const INTERRUPTED = `json_build_object(
  'code', 'interrupted', 'message', 'The worker ended before it could tell how this attempt went.')`;

/** For so long an ordered delivery waits for an older event of which nobody knows yet whether it concerns its webhook. */
const OLDER_EVENT = `interval '1 minute'`;
/** Events that are looked at for that; with more undispatched ones before it, a delivery waits as well. */
const OLDER_EVENTS = 1000;
/** Deliveries without a place in the order of an ordered webhook are among so many that are due longest. */
const UNORDERED = 100;

/** The first id that an event could have got a minute before one with this id, as SQL: ids begin with milliseconds. */
const aMinuteBefore = (id: string) => `(lpad(to_hex(
  ('x' || translate(left(${id}::text, 13), '-', ''))::bit(48)::bigint - 60000), 12, '0') || repeat('0', 20))::uuid`;

/** Whether an event of the same workspace, older than the one a delivery is of, may still become a delivery before it. */
const MAY_BE_PRECEDED = `
  head.due_at > now() - ${OLDER_EVENT} AND EXISTS (
    SELECT FROM (
      SELECT event_id, row_number() OVER () AS number FROM (
        SELECT event_id FROM event_outbox
        WHERE event_id < head.order_by AND event_id >= ${aMinuteBefore('head.order_by')}
        ORDER BY event_id DESC LIMIT ${OLDER_EVENTS}
      ) AS before
    ) AS older LEFT JOIN events ON events.id = older.event_id
    WHERE events.workspace_id = open.workspace_id OR older.number = ${OLDER_EVENTS})`;

/** Two deliveries of one event have the same place: the one begun first is ended first. */
const HAS_BEGUN_ANOTHER = `EXISTS (
  SELECT FROM delivery_queue same WHERE same.webhook_id = open.id AND same.order_key = head.order_key
    AND same.order_by = head.order_by AND same.delivery_id <> head.delivery_id AND same.due_at > now())`;

/** The first row of the next key of a webhook, from the order index. */
const nextHead = (condition: string) => `
  SELECT order_key, order_by, delivery_id, due_at FROM delivery_queue
  WHERE webhook_id = open.id AND order_key ${condition} ORDER BY order_key, order_by LIMIT 1`;

/**
 * Of an ordered webhook only the first delivery of each key can be taken: the walk goes from key to key and stops when
 * enough are found. While one is under way or waits for its next attempt it stays the first, and its key stands still.
 */
const ORDERED_CANDIDATES = `
  SELECT delivery_id FROM (
    SELECT delivery_id, order_key FROM delivery_queue
    WHERE webhook_id = open.id AND due_at <= now() ORDER BY due_at LIMIT ${UNORDERED}
  ) AS longest WHERE order_key IS NULL
  UNION ALL (
    WITH RECURSIVE head AS (
      (${nextHead('>= open.from_key')})
      UNION ALL
      SELECT next.* FROM head CROSS JOIN LATERAL (${nextHead('> head.order_key')}) AS next
    )
    SELECT delivery_id FROM head
    WHERE due_at <= now() AND NOT (${MAY_BE_PRECEDED}) AND NOT ${HAS_BEGUN_ANOTHER}
  )`;

/**
 * Takes what is due of each wanted webhook, up to its free slots: a lease is nothing but a due time in the future, so
 * what a dead worker held comes due again by itself. Whoever then takes it over first writes down that an attempt was
 * interrupted: its request may have been sent. Nothing is taken for a webhook that is held, and one delivery, as a probe,
 * for one that has done nothing but fail.
 */
export const CLAIM: Statement = {
  name: 'claim',
  text: `
  WITH open AS (
    SELECT w.id, w.workspace_id, w.revision, w.ordered, wanted.from_key,
      CASE WHEN h.failures >= $5 THEN 1 ELSE wanted.slots END AS slots, COALESCE(h.failures >= $5, false) AS is_probed
    FROM unnest($1::uuid[], $2::integer[], $6::text[]) AS wanted (id, slots, from_key)
    JOIN webhooks w ON w.id = wanted.id AND w.enabled
    LEFT JOIN webhook_health h ON h.webhook_id = w.id
    WHERE h.held_until IS NULL OR h.held_until <= now()
  ), due AS (
    SELECT q.delivery_id, q.holder AS lost_holder, open.revision, open.is_probed
    FROM open CROSS JOIN LATERAL (
      SELECT delivery_id, holder FROM delivery_queue
      WHERE webhook_id = open.id AND due_at <= now()
      ORDER BY due_at LIMIT open.slots FOR UPDATE SKIP LOCKED
    ) q
    WHERE NOT open.ordered
  ), in_order AS (
    SELECT q.delivery_id, q.holder AS lost_holder, open.revision, open.is_probed
    FROM open CROSS JOIN LATERAL (
      SELECT delivery_id FROM (${ORDERED_CANDIDATES}) AS candidate LIMIT open.slots
    ) AS first CROSS JOIN LATERAL (
      SELECT delivery_id, holder FROM delivery_queue
      WHERE delivery_id = first.delivery_id AND due_at <= now() FOR UPDATE SKIP LOCKED
    ) q
    WHERE open.ordered
  ), taken AS (
    UPDATE delivery_queue q
    SET due_at = now() + $4 * interval '1 millisecond', holder = $3, attempt = q.attempt + 1
    FROM (SELECT * FROM due UNION ALL SELECT * FROM in_order) AS due WHERE q.delivery_id = due.delivery_id
    RETURNING q.delivery_id, q.webhook_id, q.attempt, q.attempts_before, q.trigger, q.order_key,
      due.lost_holder, due.revision, due.is_probed
  ), interrupted AS (
    INSERT INTO attempts (delivery_id, number, trigger, outcome, started_at, error)
    SELECT delivery_id, attempt - 1, trigger, 'interrupted', now(), ${INTERRUPTED}
    FROM taken WHERE lost_holder IS NOT NULL ON CONFLICT DO NOTHING
  )
  SELECT t.delivery_id AS id, d.workspace_id AS "workspaceId", d.event_id AS "eventId", t.webhook_id AS "webhookId",
    t.revision AS "webhookRevision", t.attempt, t.attempt - t.attempts_before AS "scheduleAttempt", t.trigger,
    t.order_key AS "orderKey", t.is_probed AS "isProbe",
    CASE WHEN octet_length(d.body) <= ${MAX_HELD_BODY_BYTES} THEN d.body END AS body,
    COALESCE(d.content_type, '${JSON_TYPE}') AS "contentType"
  FROM taken t JOIN deliveries d ON d.id = t.delivery_id`,
};
