import { Pool } from 'pg';
import { Group } from './group.js';

/** One request to send. */
export interface Delivery {
  id: string;
  eventId: string;
  body: string;
}

/** What a receiver answered. */
export interface Attempt {
  deliveryId: string;
  startedAt: string;
  durationMs: number;
  statusCode: number;
  requestHeaders: Record<string, string>;
  responseHeaders: unknown;
  responseBody: string;
  status: 'delivered' | 'failed';
}

const SCHEMA = `
  CREATE TABLE events (
    id uuid PRIMARY KEY, type text NOT NULL, data json NOT NULL, changes json, actor json,
    occurred_at timestamptz, created_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE deliveries (
    id uuid PRIMARY KEY, event_id uuid NOT NULL, body text NOT NULL, status text NOT NULL DEFAULT 'pending',
    last_status_code integer, created_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 60);
  CREATE TABLE attempts (
    delivery_id uuid NOT NULL, number integer NOT NULL, started_at timestamptz NOT NULL, duration_ms integer NOT NULL,
    status_code integer, request_headers json, response_headers json, response_body text,
    PRIMARY KEY (delivery_id, number))`;

const INSERT_EVENTS = `
  INSERT INTO events (id, type, data, changes, actor, occurred_at)
  SELECT id, type, data, changes, actor, "occurredAt" FROM json_to_recordset($1) AS e (
    id uuid, type text, data json, changes json, actor json, "occurredAt" timestamptz)`;

const INSERT_DELIVERIES = `
  INSERT INTO deliveries (id, event_id, body)
  SELECT * FROM json_to_recordset($1) AS d (id uuid, "eventId" uuid, body text)`;

const SETTLE = `
  WITH input AS (
    SELECT * FROM json_to_recordset($1) AS a (
      "deliveryId" uuid, "startedAt" timestamptz, "durationMs" integer, "statusCode" integer, "requestHeaders" json,
      "responseHeaders" json, "responseBody" text, status text)
  ), recorded AS (
    INSERT INTO attempts
    SELECT "deliveryId", 1, "startedAt", "durationMs", "statusCode", "requestHeaders", "responseHeaders", "responseBody"
    FROM input
  )
  UPDATE deliveries d SET status = input.status, last_status_code = input."statusCode"
  FROM input WHERE d.id = input."deliveryId"`;

/** The baseline's three durable steps, each one prepared multi-row statement shared by all that wait for it. */
export class Store {
  /** Each item is the JSON text of one row. */
  private readonly events = this.group('events', INSERT_EVENTS);
  private readonly deliveries = this.group('deliveries', INSERT_DELIVERIES);
  private readonly attempts = this.group('attempts', SETTLE);

  private constructor(private readonly pool: Pool) {}

  static async open(connectionString: string): Promise<Store> {
    const pool = new Pool({ connectionString, max: 6 });
    await pool.query(SCHEMA);
    return new Store(pool);
  }

  /** `text` is an event's JSON object as it was posted: it is not serialised a second time. */
  insertEvent(id: string, text: string): Promise<void> {
    return this.events.add(`${text.slice(0, text.lastIndexOf('}'))},"id":"${id}"}`);
  }

  insertDelivery(delivery: Delivery): Promise<void> {
    return this.deliveries.add(JSON.stringify(delivery));
  }

  settle(attempt: Attempt): Promise<void> {
    return this.attempts.add(JSON.stringify(attempt));
  }

  private group(name: string, text: string): Group<string> {
    const write = (rows: string[]) =>
      this.pool.query({ name, text, values: [`[${rows.join(',')}]`] });
    return new Group(write, 1);
  }
}
