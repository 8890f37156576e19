import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { EventHeader } from '../../event-bus/index.js';
import type { IdRange } from '../../jobs/index.js';

/** Events after a place, oldest first. */
interface EventPage {
  /** Null at the beginning. */
  after: string | null;
  rows: number;
}

const HEADER = 'id, type, target_webhook_id AS "targetWebhookId"';

/** Reads which events there are, in the order in which they happened. */
@Injectable()
export class ReplayRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Those of a period. */
  headers(
    workspaceId: string,
    { from, before, after, rows }: EventPage & IdRange,
  ): Promise<EventHeader[]> {
    return this.dataSource.query(
      `SELECT ${HEADER} FROM events
       WHERE workspace_id = $1 AND id >= $2 AND id < $3 AND ($4::uuid IS NULL OR id > $4) ORDER BY id LIMIT $5`,
      [workspaceId, from, before, after, rows],
    );
  }

  /** Those of these events that there are. */
  named(
    workspaceId: string,
    ids: readonly string[],
    { after, rows }: EventPage,
  ): Promise<EventHeader[]> {
    return this.dataSource.query(
      `SELECT ${HEADER} FROM events
       WHERE workspace_id = $1 AND id = ANY ($2) AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4`,
      [workspaceId, ids, after, rows],
    );
  }
}
