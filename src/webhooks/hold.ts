/** What the API says of a request by which somebody sends by hand. */
export const ENDS_HOLD =
  'The hold of a webhook that is held for its failures ends: one delivery of it is sent at once to see, and when that succeeds, the rest follows. A pause that its receiver asked for with `Retry-After` stays.';

/**
 * Of a row `h` of health: until when its receiver asked for a pause. A process of a version that does not keep it apart has it in
 * `held_until` alone, and leaves the time apart as it was: one that is later than `held_until` is over.
 */
export const PAUSED_UNTIL = `CASE WHEN h.held_reason = 'throttled' THEN h.held_until
    WHEN h.paused_until <= h.held_until THEN h.paused_until END`;

/** Of a row `h` of health: until when the breaker holds it; in rows of such a process, too. */
export const TRIPPED_UNTIL = `CASE WHEN h.held_reason = 'failing' THEN h.held_until
    WHEN h.tripped_until <= h.held_until THEN h.tripped_until END`;

/** What to set of a row of health, from SQL for two times or null: nothing goes to the webhook until the later one. */
export const holding = (times: { tripped: string; paused: string }): string => `
    tripped_until = ${times.tripped}, paused_until = ${times.paused}, held_until = GREATEST(${times.tripped}, ${times.paused}),
    held_reason = CASE WHEN ${times.tripped} > COALESCE(${times.paused}, '-infinity') THEN 'failing'
      WHEN ${times.paused} IS NOT NULL THEN 'throttled' END`;

/**
 * A statement over health, as SQL: somebody who sends by hand to these webhooks (a query for ids) ends the wait of those that
 * are held for their failures, so that the next claim takes a probe. Their run of failures goes on: should the probe fail,
 * the next hold is the longer one. A pause that the receiver asked for stays, and so does a hold that began after the `job`
 * (SQL for the id of the one that sends, if one does) was stored, or that a probe has led to which was taken just now: all
 * times are the database's own. Rows are locked in the order of their ids, as where attempts are counted.
 */
export const endingHolds = (webhookIds: string, job?: string): string => `
    UPDATE webhook_health h SET ${holding({ tripped: 'now()', paused: PAUSED_UNTIL })}
    WHERE h.webhook_id IN (
      SELECT h.webhook_id FROM webhook_health h
      WHERE h.webhook_id IN (${webhookIds}) AND ${TRIPPED_UNTIL} > now()
        AND ${
          job
            ? `(h.held_since IS NULL OR h.held_since < (SELECT created_at FROM jobs WHERE id = ${job}))`
            : '(h.probed_at IS NULL OR h.probed_at < now())'
        }
      ORDER BY h.webhook_id FOR UPDATE)`;
