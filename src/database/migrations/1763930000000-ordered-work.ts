import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What keeps the order of one from costing the others (docs/adr/0018), and a probe from being several:
 * - whose event it is that waits in the outbox: ordered deliveries of one workspace wait for events of its own only;
 * - when somebody last began to see whether a webhook that failed works again (docs/adr/0017).
 */
export class OrderedWork1763930000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  // Null in what a process of an older version adds during an upgrade: no ordered delivery waits for that.
  'ALTER TABLE event_outbox ADD workspace_id uuid',
  `UPDATE event_outbox SET workspace_id = e.workspace_id FROM events e WHERE e.id = event_id`,
  // A second index costs an event 2 µs. The two columns as the one key would cost 4, and the sweep its order.
  'CREATE INDEX event_outbox_workspace ON event_outbox (workspace_id, event_id)',
  'ALTER TABLE webhook_health ADD probed_at timestamptz',
];

const DOWN = [
  'ALTER TABLE webhook_health DROP probed_at',
  'ALTER TABLE event_outbox DROP workspace_id',
];
