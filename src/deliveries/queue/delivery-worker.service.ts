import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../../config/index.js';
import { LOGGER } from '../../logger.js';
import { TargetService, type WebhookTarget } from '../../webhooks/index.js';
import { AttemptService, type ReadyDelivery } from '../settling/attempt.service.js';
import type { ClaimedDelivery } from '../delivery.js';
import { DeliveryHandoff } from '../delivery-handoff.js';
import { DeliveryQueueRepository, type Lease } from './delivery-queue.repository.js';
import { Lanes } from './lanes.js';
import { PresenceService } from './presence.service.js';

/** How long something may wait in a lane for its turn; what waits longer is handed back. */
const MAX_WAIT_MS = 30_000;
/** For settling, after an attempt that took as long as it may. */
const SETTLE_MS = 30_000;

/**
 * Keeps the lanes filled with what it claims from the queue. All that it holds is under a lease in the database, so
 * that nothing is lost with it.
 */
@Injectable()
export class DeliveryWorkerService {
  private readonly lanes: Lanes<ReadyDelivery>;
  private readonly running = new Set<Promise<void>>();
  private readonly leaseMs: number;
  private claiming: Promise<void> | undefined;
  private holder: number | undefined;

  constructor(
    private readonly queue: DeliveryQueueRepository,
    private readonly handoff: DeliveryHandoff,
    private readonly presence: PresenceService,
    private readonly targets: TargetService,
    private readonly attempts: AttemptService,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { BUGLE_IN_FLIGHT_PER_WEBHOOK: perWebhook, BUGLE_IN_FLIGHT: overall } = config;
    this.lanes = new Lanes({ perWebhook, overall }, (delivery) => this.run(delivery));
    this.leaseMs = MAX_WAIT_MS + config.BUGLE_ATTEMPT_TIMEOUT_MS + SETTLE_MS;
  }

  async start(): Promise<void> {
    this.holder = await this.presence.appear();
    this.handoff.consume((webhookIds) => this.look(webhookIds));
  }

  /**
   * Takes nothing more and hands back what has not begun. Requests under way have the grace time to end; the rest is
   * cut off, and due again at once.
   */
  async stop(): Promise<void> {
    const lease = this.lease();
    this.holder = undefined;
    await this.claiming;
    // Should it fail, what is held comes due when this process has gone.
    await this.handBack(this.lanes.drain(), lease).catch((error: unknown) =>
      this.logger.error({ err: error }, 'delivery.hand_back_failed'),
    );
    const grace = setTimeout(
      () => void this.attempts.cutOff(),
      this.config.BUGLE_SHUTDOWN_GRACE_MS,
    );
    while (this.running.size > 0) await Promise.all(this.running);
    clearTimeout(grace);
    await this.attempts.cutOff();
  }

  /** The lease under which this worker would hold something now; undefined when it does not send. */
  lease(): Lease | undefined {
    return this.holder === undefined ? undefined : { holder: this.holder, leaseMs: this.leaseMs };
  }

  /** Makes room for a delivery that is about to be enqueued, if there is some. */
  reserve(webhookId: string): boolean {
    return this.holder !== undefined && this.lanes.reserve(webhookId);
  }

  /** Gives up room that was reserved. */
  release(webhookId: string): void {
    this.lanes.release(webhookId);
  }

  /**
   * Sends, each in its turn, what room was taken for and what is under this worker's lease. What cannot be sent is handed
   * back, and its room with it.
   */
  async send(deliveries: readonly ClaimedDelivery[], lease: Lease): Promise<void> {
    const startBefore = performance.now() + MAX_WAIT_MS;
    const targets = await this.targetsOf(deliveries);
    const unsendable: ClaimedDelivery[] = [];
    for (const delivery of deliveries) {
      const target = targets.get(delivery.webhookId);
      const isGone = delivery.webhookRevision === 0 || this.holder === undefined;
      if (target && !isGone) this.lanes.start({ ...delivery, target, startBefore });
      else unsendable.push(delivery);
    }
    await this.handBack(unsendable, lease);
  }

  private look(webhookIds: readonly string[]): void {
    for (const webhookId of webhookIds) this.lanes.announce(webhookId);
    this.claimNext();
  }

  /** One claim at a time: while it runs, room becomes free and is filled together by the next. */
  private claimNext(): void {
    const lease = this.lease();
    if (this.claiming || !lease) return;
    const wanted = this.lanes.takeWanted();
    if (wanted.size === 0) return;
    this.claiming = this.claim(wanted, lease)
      .catch((error: unknown) => this.logger.error({ err: error }, 'delivery.claim_failed'))
      .then(() => {
        this.claiming = undefined;
        this.claimNext();
      });
  }

  private async claim(wanted: ReadonlyMap<string, number>, lease: Lease): Promise<void> {
    const claimed = await this.queue.claim(wanted, lease);
    const counts = new Map<string, number>();
    for (const { webhookId } of claimed) {
      this.lanes.hold(webhookId);
      counts.set(webhookId, (counts.get(webhookId) ?? 0) + 1);
    }
    // Whoever gave all that was asked for may have more.
    for (const [webhookId, room] of wanted) {
      if (counts.get(webhookId) === room) this.lanes.announce(webhookId);
    }
    await this.send(claimed, lease);
  }

  /** None when they cannot be read now: the deliveries are handed back, and come due again. */
  private async targetsOf(
    deliveries: readonly ClaimedDelivery[],
  ): Promise<ReadonlyMap<string, WebhookTarget>> {
    const revisions = new Map(
      deliveries.map(({ webhookId, webhookRevision }) => [webhookId, webhookRevision]),
    );
    try {
      return await this.targets.load(revisions, Date.now());
    } catch (error) {
      this.logger.error({ err: error }, 'delivery.targets_failed');
      return new Map();
    }
  }

  private async handBack(
    deliveries: readonly ClaimedDelivery[],
    lease: Lease | undefined,
  ): Promise<void> {
    if (!lease || deliveries.length === 0) return;
    for (const { webhookId } of deliveries) this.lanes.release(webhookId);
    await this.queue.handBack(
      deliveries.map(({ id }) => id),
      lease.holder,
    );
  }

  private run(delivery: ReadyDelivery): void {
    const { webhookId } = delivery;
    let isUnderWay = true;
    const onSent = (durationMs: number): void => {
      isUnderWay = false;
      this.lanes.sent(webhookId, durationMs);
      this.claimNext();
    };
    const work = this.attemptInTime(delivery, onSent)
      .catch((error: unknown) => {
        this.logger.error({ err: error, deliveryId: delivery.id }, 'delivery.settle_failed');
      })
      .then(() => {
        this.running.delete(work);
        // Not sent after all: its place under way would be taken for ever.
        if (isUnderWay) this.lanes.sent(webhookId, undefined);
        this.lanes.release(webhookId);
        this.claimNext();
      });
    this.running.add(work);
  }

  /** The lease covers the attempt only when it begins in time; otherwise somebody else could send it as well. */
  private async attemptInTime(
    delivery: ReadyDelivery,
    onSent: (durationMs: number) => void,
  ): Promise<void> {
    if (performance.now() <= delivery.startBefore) return this.attempts.make(delivery, onSent);
    await this.queue.handBack([delivery.id], this.holder ?? 0);
    this.handoff.announce([delivery.webhookId]);
  }
}
