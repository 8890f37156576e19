import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The first schema. Three decisions show in it (docs/adr):
 * - `events`, `deliveries` and `attempts` are range-partitioned by their own, time-carrying ids (0002);
 * - what still has to be done lives in two small tables, `event_outbox` and `delivery_queue`, so that history
 *   is never searched for work (0003);
 * - `data` is `json`, not `jsonb`: what a producer sent keeps its key order.
 */
export class InitialSchema1763750000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `CREATE TABLE workspaces (
    id uuid PRIMARY KEY,
    name text NOT NULL CONSTRAINT workspaces_name_key UNIQUE,
    accept_unknown_types boolean NOT NULL DEFAULT false,
    rules_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name text NOT NULL,
    hint text NOT NULL,
    hash bytea NOT NULL CONSTRAINT api_keys_hash_key UNIQUE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
  )`,
  `CREATE INDEX api_keys_workspace ON api_keys (workspace_id, id)`,
  `CREATE TABLE event_types (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name text NOT NULL,
    "group" text NOT NULL,
    description text NOT NULL,
    example json NOT NULL,
    schema json,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT event_types_name_key UNIQUE (workspace_id, name)
  )`,
  `CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name text NOT NULL,
    description text,
    url text NOT NULL,
    method text NOT NULL,
    events text[] NOT NULL,
    headers json NOT NULL,
    masked_headers text[] NOT NULL,
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_secret_expires_at timestamptz,
    enabled boolean NOT NULL,
    disabled_reason text,
    revision integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhooks_name_key UNIQUE (workspace_id, name)
  )`,
  `CREATE TABLE automations (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name text NOT NULL,
    description text,
    triggers text[] NOT NULL,
    condition json,
    template text,
    webhook_id uuid NOT NULL CONSTRAINT automations_webhook_id_fkey REFERENCES webhooks (id),
    priority integer NOT NULL,
    enabled boolean NOT NULL,
    revision integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT automations_name_key UNIQUE (workspace_id, name)
  )`,
  `CREATE INDEX automations_webhook ON automations (webhook_id)`,
  `CREATE TABLE automation_revisions (
    automation_id uuid NOT NULL REFERENCES automations (id) ON DELETE CASCADE,
    revision integer NOT NULL,
    workspace_id uuid NOT NULL,
    definition json NOT NULL,
    edited_by uuid NOT NULL,
    edited_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (automation_id, revision)
  )`,
  `CREATE TABLE events (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    type text NOT NULL,
    source_id text,
    data json NOT NULL,
    changes json,
    actor json,
    target_webhook_id uuid,
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL
  ) PARTITION BY RANGE (id)`,
  `CREATE INDEX events_workspace ON events (workspace_id, id)`,
  `CREATE TABLE event_outbox (event_id uuid PRIMARY KEY)`,
  `CREATE TABLE idempotency_keys (
    workspace_id uuid NOT NULL,
    key text NOT NULL,
    event_id uuid NOT NULL,
    fingerprint bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, key)
  )`,
  `CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at)`,
  `CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    automation_id uuid,
    webhook_id uuid NOT NULL,
    revision integer NOT NULL,
    status text NOT NULL,
    body text,
    attempt_count integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    last_status_code integer,
    last_duration_ms integer,
    last_error json,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
  ) PARTITION BY RANGE (id)`,
  `CREATE INDEX deliveries_workspace ON deliveries (workspace_id, id)`,
  `CREATE INDEX deliveries_webhook ON deliveries (webhook_id, id)`,
  `CREATE INDEX deliveries_automation ON deliveries (automation_id, id) WHERE automation_id IS NOT NULL`,
  `CREATE TABLE delivery_queue (
    delivery_id uuid PRIMARY KEY,
    webhook_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    attempt integer NOT NULL,
    trigger text NOT NULL,
    holder integer
  ) WITH (fillfactor = 70)`,
  `CREATE INDEX delivery_queue_due ON delivery_queue (webhook_id, due_at)`,
  `CREATE INDEX delivery_queue_holder ON delivery_queue (holder) WHERE holder IS NOT NULL`,
  `CREATE SEQUENCE queue_holders AS integer CYCLE`,
  `CREATE TABLE attempts (
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    trigger text NOT NULL,
    outcome text NOT NULL,
    started_at timestamptz NOT NULL,
    duration_ms integer,
    request_method text,
    request_url text,
    request_headers json,
    status_code integer,
    response_headers json,
    response_body text,
    error json,
    PRIMARY KEY (delivery_id, number)
  ) PARTITION BY RANGE (delivery_id)`,
];

const DOWN = [
  'DROP TABLE attempts',
  'DROP SEQUENCE queue_holders',
  'DROP TABLE delivery_queue',
  'DROP TABLE deliveries',
  'DROP TABLE idempotency_keys',
  'DROP TABLE event_outbox',
  'DROP TABLE events',
  'DROP TABLE automation_revisions',
  'DROP TABLE automations',
  'DROP TABLE webhooks',
  'DROP TABLE event_types',
  'DROP TABLE api_keys',
  'DROP TABLE workspaces',
];
