import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-locks.js';

/**
 * What is remembered of a webhook besides its hold: until when its receiver asked for a pause; and of the failures that were told
 * of before somebody corrected it, since when there were how many (docs/adr/0017).
 */
export class PausesAndToldRuns1763960000000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(
      runner,
      `ALTER TABLE webhook_health ADD COLUMN IF NOT EXISTS paused_until timestamptz,
         ADD COLUMN IF NOT EXISTS told_since timestamptz,
         ADD COLUMN IF NOT EXISTS told_failures integer NOT NULL DEFAULT 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE webhook_health DROP paused_until, DROP told_since, DROP told_failures',
    );
  }
}
