import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { derivedId, isOutage, Turns } from '../database/index.js';
import { DeliveryIntakeService, type NewDelivery } from '../deliveries/index.js';
import { EventHandoff, jsonOf, type StoredEvent } from '../event-bus/index.js';
import { LOGGER } from '../logger.js';
import { Metrics } from '../metrics/index.js';
import {
  EvaluationService,
  EvaluationUnavailable,
  type Outcome,
  type Trial,
} from './evaluation/index.js';
import { deliveriesOf, stoppedRules } from './new-deliveries.js';
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
    private readonly metrics: Metrics,
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
    this.metrics.dispatched.inc(events.length);
    this.metrics.dispatchDuration.observe(ms / 1000);
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
      stopped.push(...stoppedRules(trials, outcomes));
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
    if (!first) return [];
    const started = performance.now();
    const outcomes = await this.evaluations.evaluateAll(first.workspace.id, trials);
    this.metrics.evaluationDuration.observe((performance.now() - started) / 1000);
    for (const [outcome, count] of countsOf(outcomes)) this.metrics.rules.inc({ outcome }, count);
    return outcomes;
  }

  private complain(error: unknown, { id, workspaceId }: StoredEvent): void {
    this.logger.error({ err: error, id, workspaceId }, 'event.dispatch_failed');
  }
}

function countsOf(outcomes: readonly Outcome[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind } of outcomes) {
    const result = kind === 'rendered' ? 'matched' : kind;
    counts.set(result, (counts.get(result) ?? 0) + 1);
  }
  return counts;
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
