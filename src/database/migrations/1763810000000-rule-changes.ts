import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What each version of a workspace's rules has changed: who knows an older version reads only that. One row a version,
 * without gaps; only the newest are kept (docs/adr/0014).
 */
export class RuleChanges1763810000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE rule_changes (
        workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        version bigint NOT NULL,
        webhook_id uuid,
        automation_id uuid,
        PRIMARY KEY (workspace_id, version),
        CONSTRAINT rule_changes_one CHECK (num_nonnulls(webhook_id, automation_id) = 1)
      )`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rule_changes');
  }
}
