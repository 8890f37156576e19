import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { newId, type Runner } from '../database/index.js';
import type { JsonObject } from '../json.js';
import { LOGGER } from '../logger.js';
import type { OperationalType } from './catalogue/index.js';
import { eventOf, type StoredEvent } from './event.js';
import { EventHandoff } from './event-handoff.js';
import { EventRepository } from './event.repository.js';

/** What Bugle has to say about its own work. */
export interface OperationalEvent {
  workspaceId: string;
  type: OperationalType;
  data: JsonObject;
}

/**
 * Publishes operational events: stored in the transaction that makes them true, announced when it has committed. From
 * there on they are events like any other.
 */
@Injectable()
export class OperationalEventService {
  constructor(
    private readonly events: EventRepository,
    private readonly handoff: EventHandoff,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** As part of the transaction. What it answers is to be announced once that has committed. */
  async store(transaction: Runner, happened: readonly OperationalEvent[]): Promise<StoredEvent[]> {
    if (happened.length === 0) return [];
    const createdAt = new Date().toISOString();
    const events = happened.map(({ workspaceId, type, data }) =>
      eventOf(workspaceId, { type, data }, { id: newId(), createdAt }),
    );
    await this.events.insert(
      events.map((event) => ({ ...event, deduplication: null })),
      transaction,
    );
    return events;
  }

  announce(events: StoredEvent[]): void {
    if (events.length === 0) return;
    this.handoff.announce(events);
    for (const { id, workspaceId, type } of events) {
      this.logger.info({ id, workspaceId, type }, 'event.published');
    }
  }
}
