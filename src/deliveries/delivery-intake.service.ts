import { Injectable } from '@nestjs/common';
import { GroupCommit } from '../database/index.js';
import { passing } from '../seams.js';
import { type ClaimedDelivery, MAX_HELD_BODY_BYTES, type NewDelivery } from './delivery.js';
import { DeliveryHandoff } from './delivery-handoff.js';
import { DeliveryQueueRepository, type QueuedDelivery } from './queue/delivery-queue.repository.js';
import { DeliveryWorkerService } from './queue/delivery-worker.service.js';

/** What one chunk of events has come to. Chunks of many workspaces that arrive together are stored together. */
interface Arrival {
  eventIds: readonly string[];
  deliveries: readonly NewDelivery[];
}

/**
 * Takes in what the rules have made. What this process has room for is its own from the start and is sent as soon as
 * it is stored; all else waits in the queue for whoever has room first.
 */
@Injectable()
export class DeliveryIntakeService {
  private readonly commits = new GroupCommit<Arrival, void>(
    (arrivals) => this.store(arrivals),
    { maxItems: 50, maxSize: MAX_STATEMENT_BYTES, concurrency: 2 },
    sizeOf,
  );

  constructor(
    private readonly queue: DeliveryQueueRepository,
    private readonly worker: DeliveryWorkerService,
    private readonly handoff: DeliveryHandoff,
  ) {}

  /** When this resolves, the deliveries are stored and their events marked as dispatched, all or nothing. */
  enqueue(eventIds: readonly string[], deliveries: readonly NewDelivery[]): Promise<void> {
    return this.commits.add({ eventIds, deliveries });
  }

  private async store(arrivals: readonly Arrival[]): Promise<void[]> {
    const eventIds = arrivals.flatMap((arrival) => arrival.eventIds);
    const deliveries = arrivals.flatMap((arrival) => arrival.deliveries);
    const lease = this.worker.lease();
    const reserved = lease ? this.reserve(deliveries) : new Map<string, NewDelivery>();
    try {
      const held = reserved.keys();
      const under = lease ?? NO_LEASE;
      const queued = await this.queue.enqueue({ eventIds, deliveries, held, lease: under });
      passing('deliveriesStored');
      this.handoff.announce(webhooksOf(queued.filter((delivery) => !delivery.held)));
      const mine = inOrder(reserved, queued);
      for (const { id } of mine) reserved.delete(id);
      if (lease) await this.worker.send(mine, lease);
    } finally {
      // Stored by somebody else before, or not stored at all: the room is free again.
      for (const delivery of reserved.values()) this.worker.release(delivery);
    }
    return arrivals.map(() => undefined);
  }

  private reserve(deliveries: readonly NewDelivery[]): Map<string, NewDelivery> {
    const reserved = new Map<string, NewDelivery>();
    for (const delivery of deliveries) {
      // Only claiming knows whether it is an ordered delivery's turn.
      if (!('body' in delivery.rendered) || delivery.order || reserved.has(delivery.id)) continue;
      if (this.worker.reserve(delivery)) reserved.set(delivery.id, delivery);
    }
    return reserved;
  }
}

/** Bodies in one statement: to write them down holds up everything else in this process, about 4 ms a MiB. */
const MAX_STATEMENT_BYTES = 4 * 1024 * 1024;

/** Nothing is held under it. */
const NO_LEASE = { holder: 0, leaseMs: 0 };

function webhooksOf(deliveries: readonly QueuedDelivery[]): string[] {
  return [...new Set(deliveries.map((delivery) => delivery.webhookId))];
}

/** What is this process's own, in the order of the rules: that is the order in which it is sent. */
function inOrder(
  reserved: ReadonlyMap<string, NewDelivery>,
  queued: readonly QueuedDelivery[],
): ClaimedDelivery[] {
  const held = queued.filter((delivery) => delivery.held);
  const stored = new Map(held.map((delivery) => [delivery.id, delivery]));
  return [...reserved.values()].flatMap((delivery) => {
    const { id, workspaceId, eventId, webhookId, rendered } = delivery;
    const webhookRevision = stored.get(id)?.webhookRevision;
    if (webhookRevision === undefined || !('body' in rendered)) return [];
    const { body, contentType } = rendered;
    return {
      id,
      workspaceId,
      eventId,
      webhookId,
      webhookRevision,
      body: Buffer.byteLength(body) <= MAX_HELD_BODY_BYTES ? body : null,
      contentType,
      attempt: 1,
      scheduleAttempt: 1,
      orderKey: null,
      trigger: 'automatic' as const,
    };
  });
}

function sizeOf({ deliveries }: Arrival): number {
  return deliveries.reduce(
    (size, { rendered }) => size + ('body' in rendered ? rendered.body.length : 0),
    0,
  );
}
