import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { derivedId, isOutage } from '../database/index.js';
import { DeliveryIntakeService, type NewDelivery } from '../deliveries/index.js';
import { EventHandoff, type StoredEvent } from '../event-bus/index.js';
import { LOGGER } from '../logger.js';
import { EvaluationService, type Outcome, type Trial } from './evaluation/index.js';
import { RuleBookService, type WorkspaceRules } from './rules/rule-book.service.js';
import { StrikeService } from './strike.service.js';

/** What is enqueued in one statement: a fan-out of large bodies is stored part by part, the outbox cleared with the last. */
const MAX_PART_BYTES = 4 * 1024 * 1024;
/** Rules that are tried together: the bodies of a thousand matches need not fit into memory at once. */
const TRIALS_AT_ONCE = 200;

/** From announced events to queued deliveries: match, render, enqueue. */
@Injectable()
export class DispatchService {
  constructor(
    private readonly events: EventHandoff,
    private readonly rules: RuleBookService,
    private readonly evaluations: EvaluationService,
    private readonly deliveries: DeliveryIntakeService,
    private readonly strikes: StrikeService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(): void {
    this.events.consume((workspaceId, events) => this.dispatch(workspaceId, events));
  }

  /** Resolves when what was begun is enqueued. What was not stays in the outbox. */
  async stop(): Promise<void> {
    await this.events.close();
  }

  /** When a chunk fails, its events go one by one: a bad one must not hold up its neighbours. */
  private async dispatch(workspaceId: string, events: readonly StoredEvent[]): Promise<void> {
    try {
      await this.dispatchTogether(workspaceId, events);
    } catch (error) {
      if (events.length === 1 || isOutage(error)) throw error;
      for (const event of events) {
        await this.dispatchTogether(workspaceId, [event]).catch((each: unknown) =>
          this.complain(each, event),
        );
      }
    }
  }

  private async dispatchTogether(
    workspaceId: string,
    events: readonly StoredEvent[],
  ): Promise<void> {
    const started = performance.now();
    const books = await this.rules.load(new Set([workspaceId]));
    await this.makeDeliveries(events, books.get(workspaceId));
    const ms = Math.round(performance.now() - started);
    for (const { id, type } of events) {
      this.logger.info({ id, workspaceId, type, ms }, 'event.dispatched');
    }
  }

  /** The outbox keeps the events until the last of their deliveries is stored: making one twice makes it once. */
  private async makeDeliveries(
    events: readonly StoredEvent[],
    book: WorkspaceRules | undefined,
  ): Promise<void> {
    let part: NewDelivery[] = [];
    let bytes = 0;
    for (const trials of slicesOf(events, book)) {
      for (const delivery of await this.tryAll(trials)) {
        part.push(delivery);
        bytes += 'body' in delivery.rendered ? delivery.rendered.body.length : 0;
        if (bytes < MAX_PART_BYTES) continue;
        await this.deliveries.enqueue([], part);
        part = [];
        bytes = 0;
      }
    }
    const ids = events.map((event) => event.id);
    await this.deliveries.enqueue(ids, part);
  }

  private async tryAll(trials: readonly Trial[]): Promise<NewDelivery[]> {
    const [first] = trials;
    if (!first) return [];
    const outcomes = await this.evaluations.evaluateAll(first.workspace.id, trials);
    const stopped = trials.filter((_, index) => isStopped(outcomes[index]));
    for (const { rule } of stopped) await this.strikes.count(rule);
    return trials.flatMap((trial, index) => deliveryOf(trial, outcomes[index]) ?? []);
  }

  private complain(error: unknown, { id, workspaceId }: StoredEvent): void {
    this.logger.error({ err: error, id, workspaceId }, 'event.dispatch_failed');
  }
}

/** Which rules to try on which events, some at a time. An event of a deleted workspace has no rules. */
function* slicesOf(
  events: readonly StoredEvent[],
  book: WorkspaceRules | undefined,
): Generator<Trial[]> {
  if (!book) return;
  const now = new Date().toISOString();
  let slice: Trial[] = [];
  for (const event of events) {
    for (const rule of book.matching(event)) {
      const deliveryId = derivedId(event.id, rule.id);
      slice.push({ rule, event, workspace: book.workspace, now, deliveryId });
      if (slice.length < TRIALS_AT_ONCE) continue;
      yield slice;
      slice = [];
    }
  }
  yield slice;
}

function isStopped(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'failed' && outcome.stopped === true;
}

function deliveryOf(
  { rule, event, deliveryId }: Trial,
  outcome: Outcome | undefined,
): NewDelivery | undefined {
  if (!outcome || outcome.kind === 'not_matched') return undefined;
  return {
    id: deliveryId,
    workspaceId: event.workspaceId,
    eventId: event.id,
    eventType: event.type,
    automationId: rule.automation?.id ?? null,
    webhookId: rule.webhook.id,
    revision: rule.revision,
    rendered:
      outcome.kind === 'rendered'
        ? { body: outcome.body, contentType: outcome.contentType }
        : { fault: outcome.fault },
  };
}
