import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A workspace's automations and webhooks by id, page by page: for the rule book and for the lists. */
export class WorkspaceLists1763830000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // An unreleased version made the first of them with the migration before the last.
    await runner.query(
      'CREATE INDEX IF NOT EXISTS automations_workspace ON automations (workspace_id, id)',
    );
    await runner.query('CREATE INDEX webhooks_workspace ON webhooks (workspace_id, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX webhooks_workspace');
    await runner.query('DROP INDEX automations_workspace');
  }
}
