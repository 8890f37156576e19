import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-locks.js';

/** When somebody last began to see whether a webhook that failed works again: one probe, not several (docs/adr/0017). */
export class ProbedWebhooks1763930000000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(
      runner,
      'ALTER TABLE webhook_health ADD COLUMN IF NOT EXISTS probed_at timestamptz',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhook_health DROP probed_at');
  }
}
