import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { EventHeader } from '../../event-bus/index.js';
import type { IdRange } from '../../jobs/index.js';

/** Events after a place, oldest first. */
interface EventPage extends IdRange {
  /** Null at the beginning. */
  after: string | null;
  rows: number;
}

/** Reads which events there are, in the order in which they happened. */
@Injectable()
export class ReplayRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  headers(workspaceId: string, { from, before, after, rows }: EventPage): Promise<EventHeader[]> {
    return this.dataSource.query(
      `SELECT id, type, target_webhook_id AS "targetWebhookId" FROM events
       WHERE workspace_id = $1 AND id >= $2 AND id < $3 AND ($4::uuid IS NULL OR id > $4) ORDER BY id LIMIT $5`,
      [workspaceId, from, before, after, rows],
    );
  }
}
