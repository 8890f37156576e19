import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../../config/index.js';
import { isOutage } from '../../database/index.js';
import { LOGGER } from '../../logger.js';
import type { WebhookTarget } from '../../webhooks/index.js';
import type { ClaimedDelivery, Verdict } from '../delivery.js';
import { AttemptService, type ReadyDelivery } from '../settling/attempt.service.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';
import { Lanes } from './lanes.js';
import { LeaseService } from './lease.service.js';
import { pressureOf } from './pace.js';
import { RateLimitService } from './rate-limit.service.js';

/** A delivery in its lane, with where it goes. */
export interface WaitingDelivery extends ClaimedDelivery {
  target: WebhookTarget;
}

/** For so long a delivery waits for its rate limit in its lane; with longer to wait it is handed back. */
const SHORT_WAIT_MS = 5_000;
/** However long a rate limit has to run: after so long it is looked at again, since it may have been edited. */
const LONGEST_WAIT_MS = 60_000;

/**
 * The lanes of this worker, and what becomes of a delivery that has its turn: it is sent if its webhook's rate limit and its
 * own lease allow it, or waits, or is handed back. Waiting is not an attempt.
 */
@Injectable()
export class TurnService {
  readonly lanes: Lanes<WaitingDelivery>;
  private readonly running = new Set<Promise<void>>();
  private onRoom: () => void = () => undefined;
  private isStopping = false;

  constructor(
    private readonly queue: DeliveryQueueRepository,
    private readonly leases: LeaseService,
    private readonly rates: RateLimitService,
    private readonly attempts: AttemptService,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { BUGLE_IN_FLIGHT_PER_WEBHOOK: perWebhook, BUGLE_IN_FLIGHT: overall } = config;
    this.lanes = new Lanes({ perWebhook, overall }, (delivery) => this.run(delivery));
  }

  /** The handler is called when there may be room for more. */
  start(onRoom: () => void): void {
    this.onRoom = onRoom;
  }

  /**
   * Hands back what has not begun. Requests under way have the grace time to end; the rest is cut off, and due again at
   * once.
   */
  async stop(): Promise<void> {
    this.isStopping = true;
    // Runs from the beginning: handing back takes long where the database hangs.
    const grace = setTimeout(
      () => void this.attempts.cutOff(),
      this.config.BUGLE_SHUTDOWN_GRACE_MS,
    );
    await this.handBack(this.lanes.withdraw(() => true));
    while (this.running.size > 0) await Promise.all(this.running);
    clearTimeout(grace);
    await this.attempts.cutOff();
  }

  /** Gives back to the queue what is held and not on its turn, as if it had not been taken, due after so long. */
  async handBack(deliveries: readonly ClaimedDelivery[], afterMs = 0): Promise<void> {
    if (deliveries.length === 0) return;
    for (const delivery of deliveries) this.drop(delivery);
    const { holder } = this.leases.lease();
    // Should it fail, they come due when their leases have run out.
    await this.queue
      .handBack(deliveries, holder, afterMs)
      .catch((err: unknown) => this.logger.error({ err }, 'delivery.hand_back_failed'));
  }

  /** Leases were renewed, save those of deliveries that somebody else has now. What was halted goes on. */
  renewed(lost: ReadonlySet<string>): void {
    const dropped = lost.size > 0 ? this.lanes.withdraw(({ id }) => lost.has(id)) : [];
    for (const delivery of dropped) this.drop(delivery);
    this.lanes.proceed();
  }

  private drop(delivery: ClaimedDelivery): void {
    this.leases.release(delivery.id);
    this.lanes.release(delivery);
  }

  private run(delivery: WaitingDelivery): void {
    const work = this.take(delivery)
      .catch((err: unknown) =>
        this.logger.error({ err, deliveryId: delivery.id }, 'delivery.settle_failed'),
      )
      .then(() => {
        this.running.delete(work);
        this.onRoom();
      });
    this.running.add(work);
  }

  private async take(delivery: WaitingDelivery): Promise<void> {
    const ready = await this.prepare(delivery);
    if (!ready) return;
    const verdict = await this.attempt(ready);
    if (verdict === 'closed') await this.close(ready.webhookId);
  }

  /** Undefined when it is not sent now: it waits, was handed back, or is somebody else's. */
  private async prepare(delivery: WaitingDelivery): Promise<ReadyDelivery | undefined> {
    try {
      const waitMs = await this.waitMs(delivery);
      if (waitMs > 0) {
        await this.wait(delivery, waitMs);
        return undefined;
      }
      const body = delivery.body ?? (await this.queue.bodyOf(delivery.id));
      // Last of all, with nothing to wait for between this and the request.
      if (!this.isStopping && this.leases.covers(delivery.id)) return { ...delivery, body };
    } catch (err) {
      this.logger.error({ err, deliveryId: delivery.id }, 'delivery.not_prepared');
      if (!isOutage(err)) {
        await this.giveUpTurn(delivery);
        return undefined;
      }
    }
    await this.standBy(delivery);
    return undefined;
  }

  private async waitMs({ webhookId, target: { rateLimit } }: WaitingDelivery): Promise<number> {
    if (!rateLimit) return 0;
    return Math.min(await this.rates.take(webhookId, rateLimit), LONGEST_WAIT_MS);
  }

  private async wait(delivery: WaitingDelivery, waitMs: number): Promise<void> {
    const { webhookId } = delivery;
    this.pause(webhookId, waitMs);
    if (waitMs <= SHORT_WAIT_MS && !this.isStopping) {
      this.lanes.putBack(delivery);
      return;
    }
    await this.giveUpTurn(delivery, waitMs);
    await this.handBack(this.readyFor(webhookId), waitMs);
  }

  private pause(webhookId: string, ms: number): void {
    if (!this.lanes.pause(webhookId)) return;
    setTimeout(() => {
      this.lanes.resume(webhookId);
      this.onRoom();
    }, ms).unref();
  }

  private async giveUpTurn(delivery: WaitingDelivery, afterMs = 0): Promise<void> {
    this.lanes.skip(delivery);
    await this.handBack([delivery], afterMs);
  }

  /** Nothing is sent until leases are renewed, and it is known which were lost: its own may have run out. */
  private async standBy(delivery: WaitingDelivery): Promise<void> {
    if (!this.leases.has(delivery.id)) {
      this.lanes.skip(delivery);
      this.drop(delivery);
    } else if (this.isStopping) {
      await this.giveUpTurn(delivery);
    } else {
      this.lanes.halt();
      this.lanes.putBack(delivery);
    }
  }

  private async attempt(delivery: ReadyDelivery): Promise<Verdict> {
    let isUnderWay = true;
    try {
      return await this.attempts.make(delivery, (outcome) => {
        isUnderWay = false;
        const { durationMs } = outcome;
        this.lanes.sent(delivery, { pressure: pressureOf(outcome), durationMs });
        this.onRoom();
      });
    } finally {
      // Not sent after all: its place under way would be taken for ever.
      if (isUnderWay) this.lanes.skip(delivery);
      this.drop(delivery);
      // The next one of its key can be claimed now.
      if (delivery.orderKey !== null) this.lanes.announce(delivery.webhookId);
    }
  }

  /** Nothing more may go there now; and when it may again, one comes first to see. */
  private async close(webhookId: string): Promise<void> {
    this.lanes.slowDown(webhookId);
    await this.handBack(this.readyFor(webhookId));
  }

  private readyFor(webhookId: string): WaitingDelivery[] {
    return this.lanes.withdraw((delivery) => delivery.webhookId === webhookId);
  }
}
