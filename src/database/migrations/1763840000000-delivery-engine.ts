import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the delivery engine has to remember besides the queue itself:
 * - how each webhook wants to be called: retry policy, rate limit, order;
 * - how it does: a row of `webhook_health` for each that has failed (docs/adr/0017);
 * - whose turn it is among the deliveries of one key, and where a retry schedule begins anew (docs/adr/0018);
 * - which worker has taken an event of the outbox, for the sweeps of several (docs/adr/0016);
 * - work on behalf of an admin that takes longer than a request (docs/adr/0019).
 */
export class DeliveryEngine1763840000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `ALTER TABLE webhooks
    ADD retry_policy json,
    ADD rate_limit json,
    ADD ordered boolean NOT NULL DEFAULT false,
    ADD ordering_key text`,
  // No foreign key: a result that comes in after its webhook was deleted must not fail to be stored.
  `CREATE TABLE webhook_health (
    webhook_id uuid PRIMARY KEY,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    held_until timestamptz,
    held_reason text,
    trips integer NOT NULL DEFAULT 0
  ) WITH (fillfactor = 70)`,
  `ALTER TABLE delivery_queue
    ADD order_key text,
    ADD order_by uuid,
    ADD attempts_before integer NOT NULL DEFAULT 0`,
  `CREATE INDEX delivery_queue_order ON delivery_queue (webhook_id, order_key, order_by)
    WHERE order_key IS NOT NULL`,
  'ALTER TABLE event_outbox ADD taken_until timestamptz',
  `CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    kind text NOT NULL,
    input json NOT NULL,
    status text NOT NULL,
    cursor text,
    progress json NOT NULL,
    error json,
    taken_until timestamptz,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
  )`,
  'CREATE INDEX jobs_workspace ON jobs (workspace_id, id)',
  `CREATE INDEX jobs_running ON jobs (id) WHERE status = 'running'`,
];

const DOWN = [
  'DROP TABLE jobs',
  'ALTER TABLE event_outbox DROP taken_until',
  `ALTER TABLE delivery_queue DROP order_key, DROP order_by, DROP attempts_before`,
  'DROP TABLE webhook_health',
  'ALTER TABLE webhooks DROP retry_policy, DROP rate_limit, DROP ordered, DROP ordering_key',
];
