import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-locks.js';

/**
 * What is remembered of a webhook besides that it is held: until when by the breaker, and since when; until when because its
 * receiver asked for a pause; of the failures that were told of before somebody corrected it, since when there were how many (docs/adr/0017). And of one that
 * was made disabled, that it is so since then: null is left to what a process of an older version disables from now on.
 */
export class PausesAndToldRuns1763960000000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(
      runner,
      `ALTER TABLE webhook_health ADD COLUMN IF NOT EXISTS paused_until timestamptz,
         ADD COLUMN IF NOT EXISTS tripped_until timestamptz,
         ADD COLUMN IF NOT EXISTS held_since timestamptz,
         ADD COLUMN IF NOT EXISTS told_since timestamptz,
         ADD COLUMN IF NOT EXISTS told_failures integer NOT NULL DEFAULT 0`,
    );
    await withBriefLock(runner, FILL);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE webhook_health DROP paused_until, DROP tripped_until, DROP held_since, DROP told_since, DROP told_failures',
    );
  }
}

const FILL = `
  UPDATE webhooks w SET disabled_at = created_at
  WHERE NOT enabled AND disabled_at IS NULL AND NOT EXISTS (
    SELECT FROM webhook_revisions WHERE webhook_id = w.id AND (definition->>'enabled')::boolean)`;
