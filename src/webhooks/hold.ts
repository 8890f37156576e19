/** What the API says of a request by which somebody sends by hand. */
export const ENDS_HOLD =
  'The hold of a webhook that is held for its failures ends: one delivery of it is sent at once to see, and when that succeeds, the rest follows. A pause that its receiver asked for with `Retry-After` stays.';

/**
 * A statement over health, as SQL: somebody who sends by hand to these webhooks (a query for ids) ends the wait of those that
 * are held for their failures, so that the next claim takes a probe. Their run of failures goes on: should the probe fail,
 * the next hold is the longer one. A pause that the receiver asked for stays, and so does a hold that began after the `job`
 * (SQL for the id of the one that sends, if one does) was stored: both times are the database's own. Rows are locked in the
 * order of their ids, as where attempts are counted.
 */
export const endingHolds = (webhookIds: string, job?: string): string => `
    UPDATE webhook_health SET held_until = GREATEST(now(), paused_until),
      held_reason = CASE WHEN paused_until > now() THEN 'throttled' ELSE held_reason END
    WHERE webhook_id IN (
      SELECT webhook_id FROM webhook_health
      WHERE webhook_id IN (${webhookIds}) AND held_reason = 'failing' AND held_until > now()
        ${job ? `AND (held_since IS NULL OR held_since < (SELECT created_at FROM jobs WHERE id = ${job}))` : ''}
      ORDER BY webhook_id FOR UPDATE)`;
