import { setImmediate } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../config/index.js';
import { GroupCommit, newId } from '../database/index.js';
import { BugleError, type Fault, invalidInput } from '../errors.js';
import { LOGGER } from '../logger.js';
import { Metrics } from '../metrics/index.js';
import { passing } from '../seams.js';
import {
  type Deduplication,
  eventOf,
  fingerprintOf,
  type NewEvent,
  type Publication,
} from './event.js';
import { EventHandoff } from './event-handoff.js';
import { EventRepository, type Stored } from './event.repository.js';
import { EventTypeService } from './event-type.service.js';
import { Suggestions } from './suggestions.js';

/** How a publication is to be taken. */
export interface PublishOptions {
  /** Like `id`, but chosen for the request. `id` counts where both are given. */
  idempotencyKey?: string;
  /** Makes it a test event for one webhook. */
  targetWebhookId?: string;
}

/** Durable by now. */
export interface Published {
  id: string;
  /** Whether it had been published before. */
  duplicate: boolean;
}

/** One event of a batch: published, or refused. */
export type PublishResult = Published | { refused: BugleError };

/** How long a batch may hold the thread while it is checked, in milliseconds. */
const TURN_MS = 10;
/** Events at their largest that one statement may carry. */
const MAX_COMMIT_BYTES = 64 * 1024 * 1024;

/**
 * The event module's front door: validates, stores, then announces. When a publish resolves, the event survives
 * whatever dies next. Concurrent publishes share one INSERT.
 *
 * @example await publisher.publish(workspaceId, { type: 'user.created', data: { id: 7 } })
 */
@Injectable()
export class PublishService implements BeforeApplicationShutdown {
  private readonly commits: GroupCommit<NewEvent, Stored>;

  constructor(
    private readonly types: EventTypeService,
    private readonly events: EventRepository,
    private readonly handoff: EventHandoff,
    @Inject(CONFIG) config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    const fitting = Math.floor(MAX_COMMIT_BYTES / config.BUGLE_MAX_EVENT_BYTES);
    this.commits = new GroupCommit((batch) => this.store(batch), {
      maxItems: Math.min(500, Math.max(1, fitting)),
      concurrency: 2,
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.commits.drained();
  }

  /** @throws BugleError 422 `invalid_input`, 409 `idempotency_key_reused` */
  async publish(
    workspaceId: string,
    publication: Publication,
    options: PublishOptions = {},
  ): Promise<Published> {
    const faults = await this.types.check(workspaceId, publication);
    if (faults.length > 0) throw this.refusal(faults);
    return this.commit(toNewEvent(workspaceId, publication, options));
  }

  /** Publishes each on its own: one that is refused does not hold up the others. Results are in order. */
  async publishAll(
    workspaceId: string,
    publications: readonly Publication[],
  ): Promise<PublishResult[]> {
    const faults = await this.checkAll(workspaceId, publications);
    return Promise.all(
      publications.map(async (publication, index) => {
        const wrong = faults[index] ?? [];
        if (wrong.length > 0) return { refused: this.refusal(wrong) };
        return this.commit(toNewEvent(workspaceId, publication, {})).catch(toRefusal);
      }),
    );
  }

  /** Other requests take their turn between the events: a check may take as long as docs/adr/0009 says. */
  private async checkAll(
    workspaceId: string,
    publications: readonly Publication[],
  ): Promise<Fault[][]> {
    const suggestions = new Suggestions();
    const faults: Fault[][] = [];
    let turnEnds = performance.now() + TURN_MS;
    for (const publication of publications) {
      faults.push(await this.types.check(workspaceId, publication, suggestions));
      if (performance.now() < turnEnds) continue;
      await setImmediate();
      turnEnds = performance.now() + TURN_MS;
    }
    return faults;
  }

  private refusal(faults: Fault[]): BugleError {
    this.metrics.published.inc({ result: 'refused' });
    return invalidInput(faults);
  }

  private async commit(event: NewEvent): Promise<Published> {
    const stored = await this.commits.add(event);
    if (stored.kind === 'key_reused') throw keyReused(event.deduplication);
    return { id: stored.id, duplicate: stored.kind === 'duplicate' };
  }

  private async store(events: NewEvent[]): Promise<Stored[]> {
    const started = performance.now();
    const results = await this.events.insert(events);
    passing('eventsStored');
    const fresh = events.filter((_, index) => results[index]?.kind === 'new');
    this.handoff.announce(fresh);
    this.metrics.published.inc({ result: 'accepted' }, fresh.length);
    const ms = Math.round(performance.now() - started);
    events.forEach(({ workspaceId, type }, index) => {
      const result = results[index];
      if (result?.kind !== 'new') this.metrics.published.inc({ result: result?.kind });
      this.logger.info(
        { workspaceId, type, ms, batch: events.length, ...result },
        result?.kind === 'new' ? 'event.published' : 'event.not_published',
      );
    });
    return results;
  }
}

function toRefusal(error: unknown): PublishResult {
  if (error instanceof BugleError) return { refused: error };
  throw error;
}

// A spread comes last here: V8 takes a microsecond for each field that is written after one (docs/adr/0022).
function toNewEvent(workspaceId: string, said: Publication, options: PublishOptions): NewEvent {
  const { targetWebhookId, idempotencyKey } = options;
  const accepted = { id: newId(), createdAt: new Date().toISOString(), targetWebhookId };
  return {
    deduplication: deduplicationOf(said, idempotencyKey),
    ...eventOf(workspaceId, said, accepted),
  };
}

/** The two kinds of keys have name spaces of their own, so that an id never meets a key. */
function deduplicationOf(
  said: Publication,
  idempotencyKey: string | undefined,
): Deduplication | null {
  const key = said.id ? `id:${said.id}` : idempotencyKey ? `key:${idempotencyKey}` : undefined;
  if (!key) return null;
  const { type, data, changes = null, actor = null, occurredAt = null } = said;
  return { key, fingerprint: fingerprintOf({ type, data, changes, actor, occurredAt }) };
}

function keyReused(deduplication: Deduplication | null): BugleError {
  const isId = deduplication?.key.startsWith('id:') ?? false;
  const fault: Fault = {
    path: isId ? 'id' : 'Idempotency-Key',
    code: 'idempotency_key_reused',
    message: 'was used before for another event',
  };
  return new BugleError(
    409,
    'idempotency_key_reused',
    `This ${isId ? 'id' : 'Idempotency-Key'} was used before for another event. Use a new one for a new event.`,
    [fault],
  );
}
