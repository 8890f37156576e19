import { Injectable } from '@nestjs/common';
import { firstIdAt, Searches } from '../database/index.js';
import type { StoredEvent } from './event.js';
import { EVENT_COLUMNS, type EventRow, toEvent } from './event.repository.js';

/** Filters of the list of events. */
export interface EventFilter {
  type?: string;
  since?: Date;
  until?: Date;
  limit: number;
  before?: string;
}

/** Looks for events in a workspace's history. */
@Injectable()
export class EventSearchRepository {
  constructor(private readonly searches: Searches) {}

  /** Newest first, one row more than the limit. @throws BugleError 422 `search_too_slow`, 429 `too_many_searches` */
  async list(workspaceId: string, filter: EventFilter): Promise<StoredEvent[]> {
    const rows = await this.searches.run<EventRow>(
      workspaceId,
      `SELECT ${EVENT_COLUMNS} FROM events e
       WHERE e.workspace_id = $1 AND ($2::text IS NULL OR e.type = $2)
         AND ($3::uuid IS NULL OR e.id >= $3) AND ($4::uuid IS NULL OR e.id < $4) AND ($5::uuid IS NULL OR e.id < $5)
       ORDER BY e.id DESC LIMIT $6`,
      [
        workspaceId,
        filter.type ?? null,
        filter.since ? firstIdAt(filter.since.getTime()) : null,
        filter.until ? firstIdAt(filter.until.getTime()) : null,
        filter.before ?? null,
        filter.limit + 1,
      ],
    );
    return rows.map(toEvent);
  }
}
