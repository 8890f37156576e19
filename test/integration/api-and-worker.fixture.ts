import { newId } from '../../src/database/index.js';
import type { StoredEvent } from '../../src/event-bus/event.js';
import { until } from '../support/until.js';
import { looking, Outbox, type RedisSide } from './handoff.fixture.js';

/** Two processes on one Redis: one announces, and one works. */
export class ApiAndWorker {
  readonly outbox = new Outbox();
  readonly seen = new Set<string>();
  private readonly stored: StoredEvent[] = [];
  private readonly from;
  private readonly to;

  constructor(
    readonly api: RedisSide,
    readonly worker: RedisSide,
  ) {
    this.from = { events: api.events(this.outbox), deliveries: api.deliveries() };
    this.to = { events: worker.events(this.outbox), deliveries: worker.deliveries() };
  }

  async areConnected(): Promise<void> {
    for (const { connections } of [this.api, this.worker]) {
      await until('Redis is connected', async () => (await connections.state()) === 'ok', 20_000);
    }
  }

  /** The worker begins to take. */
  work(): void {
    this.to.events.consume((_, events) => {
      for (const { id } of events) this.seen.add(id);
      return Promise.resolve();
    });
    this.to.deliveries.consume(looking((ids) => ids.forEach((id) => this.seen.add(id))));
  }

  /** Announces an event and a webhook. */
  announce() {
    const [webhookId, events] = [newId(), this.outbox.store(newId(), 1)];
    this.stored.push(...events);
    this.from.events.announce(events);
    this.from.deliveries.announce([webhookId]);
    return { webhookId, eventId: events[0]?.id ?? '' };
  }

  /** What was announced has come. */
  hasSeen({ webhookId, eventId }: { webhookId: string; eventId: string }): boolean {
    return this.seen.has(webhookId) && this.seen.has(eventId);
  }

  /** Announces, and gives what was announced when it has come. */
  async handOver(): Promise<Set<string>> {
    const announced = this.announce();
    await until('both have come', () => this.hasSeen(announced));
    return new Set(Object.values(announced));
  }

  /** What is announced from now on comes sooner or later, by itself. */
  async handOverAgain(): Promise<void> {
    const tries: ReturnType<typeof this.announce>[] = [];
    const comes = () => {
      tries.push(this.announce());
      const hasEvent = tries.some(({ eventId }) => this.seen.has(eventId));
      return hasEvent && tries.some(({ webhookId }) => this.seen.has(webhookId));
    };
    await until('the hand-offs work again', comes, 20_000);
  }

  /** What the worker's sweep does: it finds in the database what has not come. */
  sweep(): void {
    this.to.events.announce(this.stored.filter(({ id }) => !this.seen.has(id)));
  }

  async close(): Promise<void> {
    const ends = [this.from.events, this.from.deliveries, this.to.events, this.to.deliveries];
    await Promise.all(ends.map((end) => end.close()));
    this.api.close();
    this.worker.close();
  }
}
