import { Injectable } from '@nestjs/common';
import { firstIdAt, Searches, timeOfId } from '../../database/index.js';
import type { Status, StoredStatus } from '../delivery.js';
import {
  DELIVERY_COLUMNS,
  FROM_DELIVERIES,
  IS_HELD,
  type LoggedDelivery,
} from './logged-delivery.js';

/** Status codes by their first digit. */
export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
type StatusClass = (typeof STATUS_CLASSES)[number];

/** Filters of the log; times are those at which the event was accepted. */
export interface DeliveryFilter {
  webhookId?: string;
  automationId?: string;
  eventId?: string;
  eventType?: string;
  status?: Status;
  statusCode?: number;
  statusClass?: StatusClass;
  errorCode?: string;
  since?: Date;
  until?: Date;
  limit: number;
  before?: string;
}

/** Looks for deliveries in a workspace's history. */
@Injectable()
export class DeliverySearchRepository {
  constructor(private readonly searches: Searches) {}

  /** Newest first, one row more than the limit. @throws BugleError 422 `search_too_slow`, 429 `too_many_searches` */
  list(workspaceId: string, filter: DeliveryFilter): Promise<LoggedDelivery[]> {
    const { conditions, parameters } = conditionsOf(workspaceId, filter);
    return this.searches.run<LoggedDelivery>(
      workspaceId,
      `SELECT ${DELIVERY_COLUMNS} ${FROM_DELIVERIES} WHERE ${conditions.join(' AND ')}
       ORDER BY d.id DESC LIMIT ${filter.limit + 1}`,
      parameters,
    );
  }
}

function conditionsOf(
  workspaceId: string,
  filter: Omit<DeliveryFilter, 'limit'>,
): { conditions: string[]; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const conditions: string[] = [];
  const add = (condition: string, value: unknown) => {
    if (value === undefined) return;
    parameters.push(value);
    conditions.push(condition.replace('?', `$${parameters.length}`));
  };
  add('d.workspace_id = ?', workspaceId);
  add('d.webhook_id = ?', filter.webhookId);
  add('d.automation_id = ?', filter.automationId);
  add('d.event_type = ?', filter.eventType);
  add('d.last_status_code = ?', filter.statusCode);
  if (filter.statusClass) {
    const first = Number(filter.statusClass[0]) * 100;
    add('d.last_status_code >= ?', first);
    add('d.last_status_code < ?', first + 100);
  }
  add("d.last_error ->> 'code' = ?", filter.errorCode);
  add('d.id >= ?', filter.since && firstIdAt(filter.since.getTime()));
  add('d.id < ?', filter.until && firstIdAt(filter.until.getTime()));
  add('d.id < ?', filter.before);
  if (filter.eventId) {
    // A delivery's id carries its event's time: one millisecond of the index holds them all.
    const time = timeOfId(filter.eventId);
    add('d.event_id = ?', filter.eventId);
    add('d.id >= ?', firstIdAt(time));
    add('d.id < ?', firstIdAt(time + 1));
  }
  if (filter.status === 'sending') conditions.push(IS_HELD);
  else if (filter.status) {
    add('d.status = ?', filter.status satisfies StoredStatus);
    conditions.push(`${IS_HELD} IS NOT TRUE`);
  }
  return { conditions, parameters };
}
