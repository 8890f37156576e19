import { interrupted } from './interrupted.js';

/** Of row `q` of the queue: nobody is sending it. What a dead worker held is free when its lease has run out. */
export const IS_FREE = '(q.holder IS NULL OR q.due_at <= now())';

/**
 * Parts of a statement that take deliveries out of the queue, by a query for their ids: `removed` are those that were in
 * it. The query locks their rows, and chooses only what is free.
 */
export const cancelling = (chosen: string) => `
  chosen AS (${chosen}), removed AS (
    DELETE FROM delivery_queue q USING chosen WHERE q.delivery_id = chosen.delivery_id
    RETURNING q.delivery_id, q.attempt, q.trigger, q.holder
  ), interrupted AS (${interrupted({ from: 'removed', number: 'attempt', where: 'holder IS NOT NULL' })}
  ), cancelled AS (
    UPDATE deliveries d SET status = 'cancelled', attempt_count = removed.attempt, next_attempt_at = NULL,
      updated_at = now()
    FROM removed WHERE d.id = removed.delivery_id
  )`;
