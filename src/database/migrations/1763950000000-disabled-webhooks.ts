import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-locks.js';

/**
 * Since when a webhook is disabled: what was accepted before still makes deliveries for it. `updated_at` does not tell, since
 * it moves with every edit. Each step can be taken again after a run that broke off.
 */
export class DisabledWebhooks1763950000000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(
      runner,
      'ALTER TABLE webhooks ADD COLUMN IF NOT EXISTS disabled_at timestamptz',
    );
    await withBriefLock(runner, FILL);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhooks DROP disabled_at');
  }
}

/** The newest edit that disabled it. Before the history that is known, the last edit has to do; what was made disabled has none. */
const FILL = `
  UPDATE webhooks w SET disabled_at = (
    SELECT CASE WHEN was_enabled THEN edited_at WHEN revision > 1 THEN w.updated_at END
    FROM (
      SELECT revision, edited_at, enabled, lag(enabled) OVER (ORDER BY revision) AS was_enabled
      FROM (
        SELECT revision, edited_at, (definition->>'enabled')::boolean AS enabled
        FROM webhook_revisions WHERE webhook_id = w.id
      ) history
    ) steps
    WHERE NOT enabled AND was_enabled IS DISTINCT FROM false
    ORDER BY revision DESC LIMIT 1
  )
  WHERE NOT enabled AND disabled_at IS NULL`;
