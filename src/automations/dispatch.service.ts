import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { derivedId } from '../database/index.js';
import { DeliveryHandoff, DeliveryQueueRepository, type NewDelivery } from '../deliveries/index.js';
import { EventHandoff, type StoredEvent } from '../event-bus/index.js';
import { LOGGER } from '../logger.js';
import { type CompiledRule, contextOf, evaluate, type EventContext } from './evaluate.js';
import { isConcerned } from './rule.js';
import { RuleBookService, type WorkspaceRules } from './rule-book.service.js';

/** From announced events to queued deliveries: match, render, enqueue. */
@Injectable()
export class DispatchService implements BeforeApplicationShutdown {
  constructor(
    private readonly events: EventHandoff,
    private readonly rules: RuleBookService,
    private readonly queue: DeliveryQueueRepository,
    private readonly deliveries: DeliveryHandoff,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(): void {
    this.events.consume((events) => this.dispatch(events));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.events.close();
  }

  private async dispatch(events: readonly StoredEvent[]): Promise<void> {
    const started = performance.now();
    const books = await this.rules.load(new Set(events.map((event) => event.workspaceId)));
    const now = new Date().toISOString();
    const made = events.map((event) => deliveriesOf(event, books.get(event.workspaceId), now));
    const webhookIds = await this.queue.enqueue(
      events.map((event) => event.id),
      made.flat(),
    );
    this.deliveries.announce(webhookIds);
    const ms = Math.round(performance.now() - started);
    events.forEach(({ id, workspaceId, type }, index) => {
      const deliveries = made[index] ?? [];
      const failed = deliveries.filter(({ rendered }) => 'fault' in rendered).length;
      this.logger.info(
        { id, workspaceId, type, deliveries: deliveries.length, failed, ms },
        'event.dispatched',
      );
    });
  }
}

/** An event of a workspace that was deleted meanwhile has no rules, and so no deliveries. */
function deliveriesOf(
  event: StoredEvent,
  book: WorkspaceRules | undefined,
  now: string,
): NewDelivery[] {
  const concerned = book?.rules.filter((rule) => isConcerned(rule, event)) ?? [];
  if (!book || concerned.length === 0) return [];
  const context = contextOf(event, book.workspace, now);
  return concerned.flatMap((rule) => deliveryOf(event, rule, context) ?? []);
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
