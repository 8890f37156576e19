import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/index.js';
import { countDays } from '../database/index.js';
import { type Backlog, COUNTED } from './backlog.js';

/** Of webhooks with waiting work, so many are looked at: each is a step through the index. */
const WEBHOOKS = 2_000;

/**
 * The database ends the question by itself: whoever asks has given up by then. And it goes by the indexes, even when it
 * has not noticed yet that a table has grown.
 */
const SETTINGS = `SELECT ${[
  ['statement_timeout', '1s'],
  ['enable_seqscan', 'off'],
  ['enable_hashjoin', 'off'],
  ['enable_mergejoin', 'off'],
  ['enable_bitmapscan', 'off'],
  ['jit', 'off'],
]
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(', ')}`;

const counted = (rows: string): string =>
  `(SELECT count(*)::integer FROM (SELECT FROM ${rows} LIMIT ${COUNTED}) AS counted)`;

/** From webhook to webhook, and of each as many rows of the due index as still count. */
const due = (state: string): string =>
  counted(`webhook CROSS JOIN LATERAL (
      SELECT FROM delivery_queue q WHERE q.webhook_id = webhook.webhook_id AND q.due_at <= now()
      ORDER BY q.due_at LIMIT ${COUNTED}) AS due
    WHERE webhook.state = '${state}' AND webhook.oldest IS NOT NULL`);

const oldest = (state: string): string =>
  `(SELECT COALESCE(extract(epoch FROM now() - min(oldest)), 0)::float8 FROM webhook WHERE state = '${state}')`;

const BACKLOG = `
  WITH RECURSIVE step AS (
    (SELECT webhook_id FROM delivery_queue ORDER BY webhook_id LIMIT 1)
    UNION ALL
    SELECT (SELECT q.webhook_id FROM delivery_queue q WHERE q.webhook_id > step.webhook_id ORDER BY q.webhook_id LIMIT 1)
    FROM step WHERE step.webhook_id IS NOT NULL
  ), webhook AS MATERIALIZED (
    SELECT step.webhook_id, CASE WHEN NOT w.enabled THEN 'disabled' WHEN h.held_until > now() THEN 'held' ELSE 'ready' END AS state,
      (SELECT due_at FROM delivery_queue q WHERE q.webhook_id = step.webhook_id AND due_at <= now() ORDER BY due_at LIMIT 1) AS oldest
    FROM (SELECT webhook_id FROM step WHERE webhook_id IS NOT NULL LIMIT ${WEBHOOKS}) AS step
    LEFT JOIN webhooks w ON w.id = step.webhook_id LEFT JOIN webhook_health h ON h.webhook_id = step.webhook_id
  ), health AS MATERIALIZED (
    SELECT held_until > now() AS held, held_reason, failures FROM webhook_health LIMIT ${COUNTED}
  )
  SELECT current_setting('transaction_read_only') = 'off' AS "isWritable", ${counted('event_outbox')} AS outbox,
    (SELECT event_id FROM event_outbox ORDER BY event_id LIMIT 1) AS "oldestEvent",
    ${counted('delivery_queue')} AS queued, ${counted('delivery_queue WHERE holder IS NOT NULL')} AS leased,
    ${due('ready')} AS "dueReady", ${due('held')} AS "dueHeld", ${due('disabled')} AS "dueDisabled",
    ${oldest('ready')} AS "oldestReady", ${oldest('held')} AS "oldestHeld", ${oldest('disabled')} AS "oldestDisabled",
    (SELECT count(*)::integer FROM health WHERE held AND held_reason = 'failing') AS "webhooksFailing",
    (SELECT count(*)::integer FROM health WHERE held AND held_reason = 'throttled') AS "webhooksThrottled",
    (SELECT count(*)::integer FROM health WHERE held IS NOT TRUE AND $1 > 0 AND failures >= $1) AS "webhooksProbing",
    ${counted(`jobs WHERE status = 'running'`)} AS jobs`;

/** Asks what waits. Every count is bounded and goes by an index. */
@Injectable()
export class BacklogRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws when the database is away or busy. */
  read(): Promise<Backlog> {
    const { BUGLE_BREAKER_FAILURES: failures, BUGLE_RETENTION_DAYS: keepDays } = this.config;
    return this.dataSource.transaction(async (manager) => {
      await manager.query(SETTINGS);
      const [backlog] = await manager.query<Omit<Backlog, 'days' | 'now'>[]>(BACKLOG, [failures]);
      if (!backlog) throw new Error('the backlog was answered with no row');
      const now = Date.now();
      return { ...backlog, now, days: await countDays(manager, { keepDays, now }) };
    });
  }
}
