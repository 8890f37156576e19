import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DatabaseSession, firstIdAt, type Statement, Statements } from '../database/index.js';
import { EVENT_COLUMNS, type EventRow, toEvent } from './event.repository.js';
import type { StoredEvent } from './event.js';

/** Which events of the outbox a sweep wants. */
export interface Wanted {
  /** Accepted before this time, in milliseconds since the epoch. */
  before: number;
  /** With an id above this one. */
  after: string;
  /** Not those of these workspaces. */
  notOf: readonly string[];
  /** For how long they are taken, in milliseconds. */
  forMs: number;
}

/** Events that were taken, oldest first. */
export interface Page {
  events: StoredEvent[];
  /** Where the next page begins; undefined when this was the last one. */
  next: string | undefined;
}

/** What was looked at. Comes with each event, and also without any. */
interface Look {
  scanned: number;
  eligible: number;
  /** Null when there was nothing. */
  last: string | null;
}

/** A channel of the database. */
const STORED = 'events_stored';
const PAGE = 1_000;
/** Of events that are read together, as they are in the table, where long texts are compressed. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** Two that sweep at once get different rows: what one of them looks at is locked, and the other goes past it. */
const TAKE: Statement = {
  name: 'take-events',
  text: `
  WITH scanned AS MATERIALIZED (
    SELECT event_id FROM event_outbox
    WHERE event_id < $1 AND event_id > $2 AND (taken_until IS NULL OR taken_until < now())
    ORDER BY event_id LIMIT $3 FOR UPDATE SKIP LOCKED
  ), eligible AS MATERIALIZED (
    SELECT e.id, row_number() OVER w AS place, sum(pg_column_size(e.data)) OVER w AS size
    FROM scanned JOIN events e ON e.id = event_id
    WHERE e.workspace_id <> ALL ($4::uuid[]) WINDOW w AS (ORDER BY e.id)
  ), taken AS (
    UPDATE event_outbox SET taken_until = now() + $5 * interval '1 millisecond'
    FROM eligible WHERE event_id = id AND (place = 1 OR size <= $6) RETURNING event_id
  )
  SELECT look, ${EVENT_COLUMNS}
  FROM (SELECT json_build_object('scanned', (SELECT count(*) FROM scanned),
    'eligible', (SELECT count(*) FROM eligible),
    'last', (SELECT event_id FROM scanned ORDER BY event_id DESC LIMIT 1)) AS look) l
  LEFT JOIN (taken JOIN events e ON e.id = event_id) ON true ORDER BY e.id`,
};

/** Rows that are being dispatched at this moment are passed over: they are about to go. */
const KEEP: Statement = {
  name: 'keep-events',
  text: `
  UPDATE event_outbox SET taken_until = now() + $2 * interval '1 millisecond'
  WHERE event_id IN (SELECT event_id FROM event_outbox WHERE event_id = ANY ($1::uuid[]) FOR UPDATE SKIP LOCKED)`,
};

const FIND_WAITING: Statement = {
  name: 'find-waiting-events',
  text: `
  SELECT ${EVENT_COLUMNS} FROM event_outbox JOIN events e ON e.id = event_id
  WHERE event_id = ANY ($1::uuid[]) AND (taken_until IS NULL OR taken_until < now()) ORDER BY event_id`,
};

/**
 * The outbox: events that nobody has dispatched. Whoever takes one shows for how long it is not to be taken by others
 * (`taken_until`); an event that is on its way without delay is never marked, which spares a write.
 */
@Injectable()
export class EventOutboxRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly statements: Statements,
    private readonly session: DatabaseSession,
  ) {}

  /** Takes a page of what nobody has taken, or as much of it as should be held in memory at once. */
  async take({ before, after, notOf, forMs }: Wanted): Promise<Page> {
    const limits = [PAGE, notOf, forMs, MAX_PAGE_BYTES];
    const rows = await this.statements.run<{ look: Look } & (EventRow | { id: null })>(TAKE, [
      firstIdAt(before),
      after,
      ...limits,
    ]);
    const events = rows.flatMap(({ look: _look, ...row }) => (row.id === null ? [] : toEvent(row)));
    return { events, next: nextOf(rows[0]?.look, events) };
  }

  /** Takes these for a further time, or for the first time, in milliseconds. 0 gives them back. */
  async keep(ids: readonly string[], forMs: number): Promise<void> {
    if (ids.length > 0) await this.statements.run(KEEP, [ids, forMs]);
  }

  /** Those of these events that wait and are taken by nobody, oldest first. */
  async waitingOf(ids: readonly string[]): Promise<StoredEvent[]> {
    const rows = await this.statements.run<EventRow>(FIND_WAITING, [ids]);
    return rows.map(toEvent);
  }

  /** Makes every sweep look for young events at once. */
  tellSweeps(): Promise<void> {
    return this.session.notify(this.dataSource, STORED);
  }

  /** Calls the handler when somebody tells the sweeps to look. */
  whenTold(handler: () => void): Promise<void> {
    return this.session.listen(STORED, handler);
  }
}

function nextOf(look: Look | undefined, events: readonly StoredEvent[]): string | undefined {
  if (!look?.last) return undefined;
  if (events.length < look.eligible) return events.at(-1)?.id;
  return look.scanned === PAGE ? look.last : undefined;
}
