import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What evaluating rules needs to know: how a template is written and what its body is called on the wire, in which time
 * zone a workspace lives, and how often an automation had to be stopped by force.
 */
export class Evaluation1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `ALTER TABLE workspaces ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC'`,
  `ALTER TABLE automations
    ADD COLUMN template_format text NOT NULL DEFAULT 'json-text',
    ADD COLUMN content_type text,
    ADD COLUMN strikes integer NOT NULL DEFAULT 0,
    ADD COLUMN disabled_reason text`,
  `UPDATE automation_revisions SET definition = json_build_object(
    'name', definition -> 'name', 'description', definition -> 'description', 'triggers', definition -> 'triggers',
    'condition', definition -> 'condition', 'template', definition -> 'template',
    'templateFormat', 'json-text', 'contentType', null,
    'webhookId', definition -> 'webhookId', 'priority', definition -> 'priority', 'enabled', definition -> 'enabled')`,
  // Null is application/json: few bodies are anything else.
  `ALTER TABLE deliveries ADD COLUMN content_type text`,
];

const DOWN = [
  'ALTER TABLE deliveries DROP COLUMN content_type',
  `UPDATE automation_revisions SET definition = json_build_object(
    'name', definition -> 'name', 'description', definition -> 'description', 'triggers', definition -> 'triggers',
    'condition', definition -> 'condition', 'template', definition -> 'template',
    'webhookId', definition -> 'webhookId', 'priority', definition -> 'priority', 'enabled', definition -> 'enabled')`,
  `ALTER TABLE automations DROP COLUMN disabled_reason, DROP COLUMN strikes, DROP COLUMN content_type, DROP COLUMN template_format`,
  'ALTER TABLE workspaces DROP COLUMN time_zone',
];
