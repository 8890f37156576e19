import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { firstIdAt, type Runner, type Statement, Statements } from '../database/index.js';
import { type Deduplication, jsonOf, type NewEvent, type StoredEvent } from './event.js';

/** What became of one event of a batch. */
export type Stored =
  | { kind: 'new'; id: string }
  | { kind: 'duplicate'; id: string }
  /** The key was used before for something else. */
  | { kind: 'key_reused' };

/** What an event was about, without what it says. */
export type EventHeader = Pick<StoredEvent, 'id' | 'type' | 'targetWebhookId'>;

/** Whether and when an event was given to the rules. */
export interface Dispatch {
  isDispatched: boolean;
  /** To about a second; of an event that waits, now. */
  at: Date;
}

/** An event as the database gives it. */
export type EventRow = Omit<StoredEvent, 'occurredAt' | 'createdAt'> & {
  occurredAt: Date;
  createdAt: Date;
};

/** A producer waits for no longer: it can send the same again. */
const ANSWER_WITHIN_MS = 8_000;
/** Small enough to hold no lock for long. */
const FORGET_AT_ONCE = 10_000;

/** Of table `e`: what makes an EventRow. */
export const EVENT_COLUMNS = `e.id, e.workspace_id AS "workspaceId", e.type, e.source_id AS "sourceId", e.data, e.changes, e.actor,
  e.target_webhook_id AS "targetWebhookId", e.occurred_at AS "occurredAt", e.created_at AS "createdAt"`;

/**
 * One statement, so one transaction and one flush for the whole batch. Keys are claimed in one order by
 * everybody, so that two batches cannot wait for each other; an event whose key was claimed before is left out, and answered.
 */
const INSERT: Statement = {
  name: 'publish',
  answerWithinMs: ANSWER_WITHIN_MS,
  text: `
  WITH input AS (
    SELECT * FROM json_to_recordset($1) AS e (
      id uuid, "workspaceId" uuid, type text, "sourceId" text, data json, changes json, actor json,
      "targetWebhookId" uuid, "occurredAt" timestamptz, "createdAt" timestamptz, deduplication json)
  ), claimed AS (
    INSERT INTO idempotency_keys (workspace_id, key, event_id, fingerprint)
    SELECT "workspaceId", deduplication ->> 'key', id, decode(deduplication ->> 'fingerprint', 'hex')
    FROM input WHERE deduplication IS NOT NULL ORDER BY 1, 2
    ON CONFLICT DO NOTHING RETURNING event_id
  ), stored AS (
    INSERT INTO events (id, workspace_id, type, source_id, data, changes, actor, target_webhook_id, occurred_at, created_at)
    SELECT id, "workspaceId", type, "sourceId", data, changes, actor, "targetWebhookId", "occurredAt", "createdAt"
    FROM input WHERE deduplication IS NULL OR id IN (SELECT event_id FROM claimed)
    RETURNING id, workspace_id
  ), waiting AS (
    INSERT INTO event_outbox (event_id, workspace_id) SELECT id, workspace_id FROM stored
  )
  SELECT id FROM input WHERE deduplication IS NOT NULL AND id NOT IN (SELECT event_id FROM claimed)`,
};

const FIND_CLAIMS: Statement = {
  name: 'find-claims',
  answerWithinMs: ANSWER_WITHIN_MS,
  text: `
  SELECT k.workspace_id || ' ' || k.key AS key, k.event_id AS id, encode(k.fingerprint, 'hex') AS fingerprint
  FROM unnest($1::uuid[], $2::text[]) AS wanted (workspace_id, key)
  JOIN idempotency_keys k USING (workspace_id, key)`,
};

/** Reads and writes events. A new one is in the outbox from the start. */
@Injectable()
export class EventRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly statements: Statements,
  ) {}

  /** Stores a batch durably, or as part of a transaction. Answers one result per event, in order. */
  async insert(events: readonly NewEvent[], on: Runner = this.statements): Promise<Stored[]> {
    const rows = await on.run<{ id: string }>(INSERT, [`[${events.map(jsonOf).join(',')}]`]);
    const left = new Set(rows.map((row) => row.id));
    const duplicates = events.filter((event) => left.has(event.id));
    const claims =
      duplicates.length > 0 ? await this.findClaims(duplicates) : new Map<string, never>();
    return events.map((event) =>
      left.has(event.id) ? toDuplicate(event, claims) : { kind: 'new', id: event.id },
    );
  }

  async get(workspaceId: string, id: string): Promise<StoredEvent | undefined> {
    const [row] = await this.dataSource.query<EventRow[]>(
      `SELECT ${EVENT_COLUMNS} FROM events e WHERE e.id = $1 AND e.workspace_id = $2`,
      [id, workspaceId],
    );
    return row && toEvent(row);
  }

  /** These events, newest first; those that are gone are left out. */
  async getMany(workspaceId: string, ids: readonly string[]): Promise<StoredEvent[]> {
    const rows = await this.dataSource.query<EventRow[]>(
      `SELECT ${EVENT_COLUMNS} FROM events e WHERE e.id = ANY ($2) AND e.workspace_id = $1 ORDER BY e.id DESC`,
      [workspaceId, ids],
    );
    return rows.map(toEvent);
  }

  /** The newest events accepted since a time and with an id below another one, newest first. */
  headers(
    workspaceId: string,
    { since, before, limit }: { since: Date; before: string; limit: number },
  ): Promise<EventHeader[]> {
    return this.dataSource.query(
      `SELECT e.id, e.type, e.target_webhook_id AS "targetWebhookId" FROM events e
       WHERE e.workspace_id = $1 AND e.id >= $2 AND e.id < $3 ORDER BY e.id DESC LIMIT $4`,
      [workspaceId, firstIdAt(since.getTime()), before, limit],
    );
  }

  /** An event is dispatched as soon as it is accepted; of the few of which that is not so, the time is written down. */
  async dispatchOf({ id, createdAt }: Pick<StoredEvent, 'id' | 'createdAt'>): Promise<Dispatch> {
    const [row] = await this.dataSource.query<{ waits: boolean; now: Date; late: Date | null }[]>(
      `SELECT EXISTS (SELECT FROM event_outbox WHERE event_id = $1) AS waits, now() AS now,
         (SELECT dispatched_at FROM late_dispatches WHERE event_id = $1) AS late`,
      [id],
    );
    const isDispatched = row?.waits !== true;
    return { isDispatched, at: (isDispatched ? row?.late : row.now) ?? new Date(createdAt) };
  }

  /** Forgets idempotency keys older than this. Answers whether there may be more. */
  async forgetKeys(olderThanMs: number): Promise<boolean> {
    const [, count] = await this.dataSource.query<[unknown, number]>(
      `DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM idempotency_keys WHERE created_at < now() - $1 * interval '1 millisecond' LIMIT $2))`,
      [olderThanMs, FORGET_AT_ONCE],
    );
    return count === FORGET_AT_ONCE;
  }

  private async findClaims(events: readonly NewEvent[]) {
    const claims = await this.statements.run<Deduplication & { id: string }>(FIND_CLAIMS, [
      events.map((event) => event.workspaceId),
      events.map((event) => event.deduplication?.key ?? ''),
    ]);
    return new Map(claims.map((claim) => [claim.key, claim]));
  }
}

function toDuplicate(
  event: NewEvent,
  claims: ReadonlyMap<string, Deduplication & { id: string }>,
): Stored {
  const claim = claims.get(`${event.workspaceId} ${event.deduplication?.key}`);
  if (!claim) throw new Error(`event ${event.id} was neither stored nor found under its key`);
  return claim.fingerprint === event.deduplication?.fingerprint
    ? { kind: 'duplicate', id: claim.id }
    : { kind: 'key_reused' };
}

/** The event of a row. */
export function toEvent(row: EventRow): StoredEvent {
  return {
    ...row,
    occurredAt: row.occurredAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
  };
}
