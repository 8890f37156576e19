import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { derivedId, isOutage, Turns } from '../database/index.js';
import { DeliveryIntakeService, type NewDelivery } from '../deliveries/index.js';
import { EventHandoff, jsonOf, type StoredEvent } from '../event-bus/index.js';
import { LOGGER } from '../logger.js';
import {
  EvaluationService,
  EvaluationUnavailable,
  type Outcome,
  type Trial,
} from './evaluation/index.js';
import type { Rule } from './rules/rule.js';
import { RuleBookService, type WorkspaceRules } from './rules/rule-book.service.js';
import { StrikeService } from './strike.service.js';

/** Bodies that are stored together: a large fan-out goes part by part, and the outbox is cleared with the last. */
const MAX_PART_BYTES = 2 * 1024 * 1024;
/** Rules that are tried together: the bodies of a thousand matches need not fit into memory at once. */
const TRIALS_AT_ONCE = 200;
/** Characters of what is tried together: a body is about as long as its event. */
const SIZE_AT_ONCE = 2 * 1024 * 1024;
/** Requests and answers get a turn of the event loop after this long. */
const MAX_TURN_MS = 5;

/** From announced events to queued deliveries: match, render, enqueue. */
@Injectable()
export class DispatchService {
  private isStopping = false;

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

  /** Resolves soon: what is not enqueued yet stays in the outbox, for whoever runs next. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.events.close();
  }

  /** When a chunk fails, its events go one by one: a bad one must not hold up its neighbours. */
  private async dispatch(workspaceId: string, events: readonly StoredEvent[]): Promise<void> {
    try {
      await this.dispatchTogether(workspaceId, events);
    } catch (error) {
      if (events.length === 1 || isOutage(error) || error instanceof EvaluationUnavailable) {
        throw error;
      }
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
    const book = await this.rules.load(workspaceId);
    if (!(await this.makeDeliveries(events, book))) return;
    const ms = Math.round(performance.now() - started);
    for (const { id, type } of events) {
      this.logger.info({ id, workspaceId, type, ms }, 'event.dispatched');
    }
  }

  /**
   * The outbox keeps the events until the last of their deliveries is stored: making one twice makes it once. False when
   * it was left for later, because this process stops.
   */
  private async makeDeliveries(
    events: readonly StoredEvent[],
    book: WorkspaceRules | undefined,
  ): Promise<boolean> {
    const stopped: Rule[] = [];
    let part: NewDelivery[] = [];
    let bytes = 0;
    for await (const trials of slicesOf(events, book)) {
      if (this.isStopping) return false;
      const outcomes = await this.tryAll(trials);
      stopped.push(...trials.filter((_, i) => isStopped(outcomes[i])).map(({ rule }) => rule));
      for (const delivery of deliveriesOf(trials, outcomes)) {
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
    await this.strikes.count(stopped);
    return true;
  }

  private async tryAll(trials: readonly Trial[]): Promise<Outcome[]> {
    const [first] = trials;
    return first ? this.evaluations.evaluateAll(first.workspace.id, trials) : [];
  }

  private complain(error: unknown, { id, workspaceId }: StoredEvent): void {
    this.logger.error({ err: error, id, workspaceId }, 'event.dispatch_failed');
  }
}

/** Which rules to try on which events, some at a time. An event of a deleted workspace has no rules. */
async function* slicesOf(
  events: readonly StoredEvent[],
  book: WorkspaceRules | undefined,
): AsyncGenerator<Trial[]> {
  if (!book) return;
  const now = new Date().toISOString();
  const turns = new Turns(MAX_TURN_MS);
  let slice: Trial[] = [];
  let size = 0;
  for (const event of events) {
    for (const rule of book.matching(event)) {
      const deliveryId = derivedId(event.id, rule.id);
      slice.push({ rule, event, workspace: book.workspace, now, deliveryId });
      size += jsonOf(event).length;
      if (slice.length < TRIALS_AT_ONCE && size < SIZE_AT_ONCE) continue;
      yield slice;
      slice = [];
      size = 0;
    }
    await turns.yield();
  }
  yield slice;
}

function deliveriesOf(trials: readonly Trial[], outcomes: readonly Outcome[]): NewDelivery[] {
  return trials.flatMap((trial, index) => deliveryOf(trial, outcomes[index]) ?? []);
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
    order: null,
    rendered:
      outcome.kind === 'rendered'
        ? { body: outcome.body, contentType: outcome.contentType }
        : { fault: outcome.fault },
  };
}
