/** For so long an ordered delivery waits for an older event of which nobody knows yet whether it concerns its webhook. */
const OLDER_EVENT = `interval '1 minute'`;
/** Keys that one claim looks at, of all ordered webhooks together: however many keys somebody has, nobody else waits for them. */
const HEADS = 500;
/** Of each webhook at least so many: the walk begins with the key at which the last one ended. */
const FEWEST_HEADS = 5;

/** Keys that are looked at of each of the ordered webhooks in a claim, as SQL over the rows of webhooks. */
export const HEADS_OF_EACH = `GREATEST(${FEWEST_HEADS}, ${HEADS} / GREATEST(1, count(*) FILTER (WHERE ordered) OVER ()))`;

/** The first id that an event could have got a minute before one with this id, as SQL: ids begin with milliseconds. */
const aMinuteBefore = (id: string) => `(lpad(to_hex(
  ('x' || translate(left(${id}::text, 13), '-', ''))::bit(48)::bigint - 60000), 12, '0') || repeat('0', 20))::uuid`;

/** Whether an event of the same workspace, older than the one a delivery is of, may still become a delivery before it. */
const MAY_BE_PRECEDED = `
  head.due_at > now() - ${OLDER_EVENT} AND EXISTS (
    SELECT FROM event_outbox older WHERE older.workspace_id = open.workspace_id
      AND older.event_id < head.order_by AND older.event_id >= ${aMinuteBefore('head.order_by')})`;

/** Two deliveries of one event have the same place: the one begun first is ended first. */
const HAS_BEGUN_ANOTHER = `EXISTS (
  SELECT FROM delivery_queue same WHERE same.webhook_id = open.id AND same.order_key = head.order_key
    AND same.order_by = head.order_by AND same.delivery_id <> head.delivery_id AND same.due_at > now())`;

/** The first row of the next key of a webhook, from the order index. */
const nextHead = (condition: string) => `
  SELECT order_key, order_by, delivery_id, due_at FROM delivery_queue
  WHERE webhook_id = open.id AND order_key ${condition} ORDER BY order_key, order_by LIMIT 1`;

/**
 * Of an ordered webhook (`open`) only the first delivery of each key can be taken. The walk goes from key to key, and stops
 * when enough are found, or when it has looked at as many keys as it may: then its last row tells where to go on. While a
 * delivery is under way or waits for its next attempt it stays the first, and its key stands still.
 */
export const ORDERED_HEADS = `
  SELECT delivery_id, order_key, number, may_go FROM (
    WITH RECURSIVE head AS (
      SELECT 1 AS number, first.* FROM (${nextHead('>= open.from_key')}) AS first
      UNION ALL
      SELECT head.number + 1, next.* FROM head CROSS JOIN LATERAL (${nextHead('> head.order_key')}) AS next
      WHERE head.number < open.heads
    )
    SELECT delivery_id, order_key, number,
      due_at <= now() AND NOT (${MAY_BE_PRECEDED}) AND NOT ${HAS_BEGUN_ANOTHER} AS may_go
    FROM head
  ) AS walk WHERE may_go OR number = open.heads LIMIT open.slots`;
