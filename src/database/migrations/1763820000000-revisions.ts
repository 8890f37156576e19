import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The history of every rule (docs/adr/0015): it outlives the automation, says why an edit was made, and webhooks have one,
 * too, of what makes their rule. And the few events that were not dispatched at once, with the time at which they were.
 */
export class Revisions1763820000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `ALTER TABLE automation_revisions
    DROP CONSTRAINT automation_revisions_automation_id_fkey,
    ADD CONSTRAINT automation_revisions_workspace_id_fkey
      FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    ALTER COLUMN definition DROP NOT NULL,
    ALTER COLUMN edited_by DROP NOT NULL,
    ADD COLUMN reason text`,
  `CREATE INDEX automation_revisions_workspace ON automation_revisions (workspace_id, automation_id, revision)`,
  `CREATE TABLE webhook_revisions (
    webhook_id uuid NOT NULL,
    revision integer NOT NULL,
    workspace_id uuid NOT NULL
      CONSTRAINT webhook_revisions_workspace_id_fkey REFERENCES workspaces (id) ON DELETE CASCADE,
    definition json,
    reason text,
    edited_by uuid,
    edited_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (webhook_id, revision)
  )`,
  `CREATE INDEX webhook_revisions_workspace ON webhook_revisions (workspace_id, webhook_id, revision)`,
  // What they were before is not known: as they are now, since they were made.
  `INSERT INTO webhook_revisions (webhook_id, revision, workspace_id, definition, reason, edited_at)
   SELECT id, revision, workspace_id,
     json_build_object('name', name, 'method', method, 'events', events, 'enabled', enabled),
     disabled_reason, created_at
   FROM webhooks`,
  `CREATE TABLE late_dispatches (
    event_id uuid PRIMARY KEY,
    dispatched_at timestamptz NOT NULL
  ) PARTITION BY RANGE (event_id)`,
];

const DOWN = [
  'DROP TABLE late_dispatches',
  'DROP TABLE webhook_revisions',
  'DROP INDEX automation_revisions_workspace',
  `DELETE FROM automation_revisions
   WHERE definition IS NULL OR edited_by IS NULL OR automation_id NOT IN (SELECT id FROM automations)`,
  `ALTER TABLE automation_revisions
    DROP COLUMN reason,
    ALTER COLUMN edited_by SET NOT NULL,
    ALTER COLUMN definition SET NOT NULL,
    DROP CONSTRAINT automation_revisions_workspace_id_fkey,
    ADD CONSTRAINT automation_revisions_automation_id_fkey
      FOREIGN KEY (automation_id) REFERENCES automations (id) ON DELETE CASCADE`,
];
