import { Test } from '@nestjs/testing';
import { loadConfig } from '../../src/config/index.js';
import { newId } from '../../src/database/index.js';
import {
  type DeliveryHandoff,
  type DueHandler,
  InProcessDeliveryHandoff,
} from '../../src/deliveries/delivery-handoff.js';
import { QueueDeliveryHandoff } from '../../src/deliveries/delivery-handoff-queue.js';
import { Coalesced } from '../../src/event-bus/coalesced.js';
import type { StoredEvent } from '../../src/event-bus/event.js';
import { type EventHandoff, InProcessEventHandoff } from '../../src/event-bus/event-handoff.js';
import { QueueEventHandoff } from '../../src/event-bus/event-handoff-queue.js';
import { EventLanes } from '../../src/event-bus/event-lanes.js';
import { createLogger } from '../../src/logger.js';
import { type JobQueue, JobQueues, RedisConnections, RedisModule } from '../../src/redis/index.js';

const { logger } = createLogger('silent');

/** The two ends of a hand-off: one who announces, and one who works. Within one process they are the same. */
export interface Ends<Handoff> {
  announcing: Handoff;
  working: Handoff;
}

/** One who sends deliveries and always has room. */
export function looking(look: DueHandler['look']): DueHandler {
  return { look, room: () => Promise.resolve() };
}

/** What was stored: a table of events, as far as a hand-off needs one. */
export class Outbox {
  private readonly events = new Map<string, StoredEvent>();
  /** How often the sweeps of others were told to look. */
  nudges = 0;

  store(workspaceId: string, count: number, data: object = {}): StoredEvent[] {
    return Array.from({ length: count }, () => {
      const event = storedEvent(workspaceId, data);
      this.events.set(event.id, event);
      return event;
    });
  }

  remove(event: StoredEvent): void {
    this.events.delete(event.id);
  }

  load(ids: readonly string[]): Promise<StoredEvent[]> {
    return Promise.resolve(ids.flatMap((id) => this.events.get(id) ?? []));
  }

  nudge(): Coalesced {
    const count = (): Promise<void> => {
      this.nudges += 1;
      return Promise.resolve();
    };
    return new Coalesced(count, () => undefined);
  }
}

/** One process's connections to a Redis, and its queues there. */
export class RedisSide {
  private constructor(
    readonly connections: RedisConnections,
    private readonly queues: JobQueues,
  ) {}

  static async open(settings: Record<string, string>): Promise<RedisSide> {
    const connections = new RedisConnections(loadConfig(settings, ''), logger);
    const app = await Test.createTestingModule({
      imports: [RedisModule.with(connections)],
    }).compile();
    return new RedisSide(connections, app.get(JobQueues));
  }

  queue(name: 'events' | 'deliveries'): JobQueue {
    const queue = this.queues.get(name);
    if (!queue) throw new Error('There is no Redis.');
    return queue;
  }

  events(outbox: Outbox): EventHandoff {
    return new QueueEventHandoff({
      lanes: new EventLanes(logger),
      queue: this.queue('events'),
      load: (ids) => outbox.load(ids),
      nudge: outbox.nudge(),
      logger,
    });
  }

  deliveries(): DeliveryHandoff {
    return new QueueDeliveryHandoff(this.queue('deliveries'), logger);
  }

  close(): void {
    this.connections.close();
  }
}

/** The hand-offs of one process that does everything, without Redis. */
export function inProcess(outbox: Outbox): {
  events: Ends<EventHandoff>;
  deliveries: Ends<DeliveryHandoff>;
} {
  const events = new InProcessEventHandoff(new EventLanes(logger), outbox.nudge());
  const deliveries = new InProcessDeliveryHandoff();
  return {
    events: { announcing: events, working: events },
    deliveries: { announcing: deliveries, working: deliveries },
  };
}

function storedEvent(workspaceId: string, data: object): StoredEvent {
  const now = new Date().toISOString();
  return {
    id: newId(),
    workspaceId,
    type: 'user.created',
    sourceId: null,
    data: { ...data },
    changes: null,
    actor: null,
    occurredAt: now,
    createdAt: now,
    targetWebhookId: null,
  };
}
