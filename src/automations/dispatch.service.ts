import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { derivedId, isOutage, Turns } from '../database/index.js';
import { DeliveryIntakeService, type NewDelivery } from '../deliveries/index.js';
import { EventHandoff, type StoredEvent } from '../event-bus/index.js';
import { LOGGER } from '../logger.js';
import { type CompiledRule, contextOf, evaluate, type EventContext } from './evaluate.js';
import { isConcerned } from './rule.js';
import { RuleBookService, type WorkspaceRules } from './rule-book.service.js';

/** What is enqueued in one statement: a fan-out of large bodies is stored part by part, the outbox cleared with the last. */
const MAX_PART_BYTES = 4 * 1024 * 1024;
/** Requests and answers get a turn of the event loop after this long. */
const MAX_TURN_MS = 10;

/** From announced events to queued deliveries: match, render, enqueue. */
@Injectable()
export class DispatchService {
  constructor(
    private readonly events: EventHandoff,
    private readonly rules: RuleBookService,
    private readonly deliveries: DeliveryIntakeService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(): void {
    this.events.consume((events) => this.dispatch(events));
  }

  /** Resolves when what was begun is enqueued. What was not stays in the outbox. */
  async stop(): Promise<void> {
    await this.events.close();
  }

  /** When a chunk fails, its events go one by one: a bad one must not hold up its neighbours. */
  private async dispatch(events: readonly StoredEvent[]): Promise<void> {
    try {
      await this.dispatchTogether(events);
    } catch (error) {
      if (events.length === 1 || isOutage(error)) throw error;
      for (const event of events) {
        await this.dispatchTogether([event]).catch((each: unknown) => this.complain(each, event));
      }
    }
  }

  private async dispatchTogether(events: readonly StoredEvent[]): Promise<void> {
    const started = performance.now();
    const books = await this.rules.load(new Set(events.map((event) => event.workspaceId)));
    const now = new Date().toISOString();
    const turns = new Turns(MAX_TURN_MS);
    let part: NewDelivery[] = [];
    let bytes = 0;
    for (const event of events) {
      for (const delivery of deliveriesOf(event, books.get(event.workspaceId), now)) {
        await turns.yield();
        if (!delivery) continue;
        part.push(delivery);
        bytes += 'body' in delivery.rendered ? delivery.rendered.body.length : 0;
        if (bytes < MAX_PART_BYTES) continue;
        await this.deliveries.enqueue([], part);
        part = [];
        bytes = 0;
      }
    }
    await this.deliveries.enqueue(
      events.map((event) => event.id),
      part,
    );
    const ms = Math.round(performance.now() - started);
    for (const { id, workspaceId, type } of events) {
      this.logger.info({ id, workspaceId, type, ms }, 'event.dispatched');
    }
  }

  private complain(error: unknown, { id, workspaceId }: StoredEvent): void {
    this.logger.error({ err: error, id, workspaceId }, 'event.dispatch_failed');
  }
}

/** One rule at a time, undefined where it does not match: a thousand large bodies need not fit into memory. An event of a deleted workspace has no rules. */
function* deliveriesOf(
  event: StoredEvent,
  book: WorkspaceRules | undefined,
  now: string,
): Generator<NewDelivery | undefined> {
  const concerned = book?.rules.filter((rule) => isConcerned(rule, event)) ?? [];
  if (!book || concerned.length === 0) return;
  const context = contextOf(event, book.workspace, now);
  for (const rule of concerned) yield deliveryOf(event, rule, context);
}

function deliveryOf(
  event: StoredEvent,
  rule: CompiledRule,
  context: EventContext,
): NewDelivery | undefined {
  const id = derivedId(event.id, rule.id);
  const result = evaluate(rule, context, id);
  if (result.kind === 'not_matched') return undefined;
  return {
    id,
    workspaceId: event.workspaceId,
    eventId: event.id,
    eventType: event.type,
    automationId: rule.automation?.id ?? null,
    webhookId: rule.webhook.id,
    revision: rule.revision,
    rendered: result.kind === 'rendered' ? { body: result.body } : { fault: result.fault },
  };
}
