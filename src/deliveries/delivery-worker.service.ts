import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config, packageVersion } from '../config/index.js';
import { GroupCommit } from '../database/index.js';
import { LOGGER } from '../logger.js';
import { TargetService, type WebhookTarget, WebhookService } from '../webhooks/index.js';
import { settlementOf } from './attempt.js';
import { type ClaimedDelivery, CONTENT_TYPE, type Settlement } from './delivery.js';
import { DeliveryHandoff } from './delivery-handoff.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';
import { PresenceService } from './presence.service.js';
import { buildRequest, type Outcome, type RetryPolicy, Sender } from './sending/index.js';
import { Slots } from './slots.js';

const USER_AGENT = `Bugle/${packageVersion}`;
/** A lease outlives the longest attempt by this, so that it ends only when its worker has. */
const LEASE_MARGIN_MS = 45_000;

/**
 * Sends what is due: claim, build, send, settle. It claims only what it has free slots for, so nothing waits
 * in memory under a lease and one slow target cannot fill it.
 */
@Injectable()
export class DeliveryWorkerService implements BeforeApplicationShutdown {
  private readonly slots: Slots;
  private readonly policy: RetryPolicy;
  private readonly leaseMs: number;
  private readonly commits = new GroupCommit<Settlement, void>((batch) => this.write(batch), {
    maxItems: 200,
    concurrency: 2,
  });
  private readonly sending = new Set<Promise<void>>();
  private claiming: Promise<void> | undefined;
  private holder = 0;
  private stopped = true;

  constructor(
    private readonly queue: DeliveryQueueRepository,
    private readonly handoff: DeliveryHandoff,
    private readonly presence: PresenceService,
    private readonly targets: TargetService,
    private readonly webhooks: WebhookService,
    private readonly sender: Sender,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.slots = new Slots(config.BUGLE_IN_FLIGHT_PER_WEBHOOK, config.BUGLE_IN_FLIGHT);
    this.policy = {
      scheduleSeconds: config.BUGLE_RETRY_SCHEDULE,
      jitter: config.BUGLE_RETRY_JITTER,
    };
    this.leaseMs = config.BUGLE_ATTEMPT_TIMEOUT_MS + LEASE_MARGIN_MS;
  }

  async start(): Promise<void> {
    this.holder = await this.presence.appear();
    this.stopped = false;
    this.handoff.consume((webhookIds) => this.look(webhookIds));
  }

  /** Claims nothing more. Requests in flight have the grace time to end; the rest is cut off and due again soon. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.claiming;
    const ended = Promise.all(this.sending);
    await Promise.race([ended, delay(this.config.BUGLE_SHUTDOWN_GRACE_MS)]);
    await this.sender.destroy();
    await ended;
    await this.commits.drained();
  }

  private look(webhookIds: readonly string[]): void {
    for (const webhookId of webhookIds) this.slots.announce(webhookId);
    this.claimNext();
  }

  /** One claim at a time: while it runs, slots become free and are filled together by the next. */
  private claimNext(): void {
    if (this.claiming || this.stopped) return;
    const wanted = this.slots.takeWanted();
    if (wanted.size === 0) return;
    this.claiming = this.claim(wanted)
      .catch((error: unknown) => this.logger.error({ err: error }, 'delivery.claim_failed'))
      .then(() => {
        this.claiming = undefined;
        this.claimNext();
      });
  }

  private async claim(wanted: Map<string, number>): Promise<void> {
    const claimed = await this.queue.claim(wanted, this.holder, this.leaseMs);
    const counts = new Map<string, number>();
    for (const { webhookId } of claimed) {
      this.slots.take(webhookId);
      counts.set(webhookId, (counts.get(webhookId) ?? 0) + 1);
    }
    // Whoever gave all that was asked for may have more.
    for (const [webhookId, slots] of wanted)
      if (counts.get(webhookId) === slots) this.slots.announce(webhookId);
    const revisions = new Map(
      claimed.map((delivery) => [delivery.webhookId, delivery.webhookRevision]),
    );
    const targets = await this.targets.load(revisions, Date.now());
    for (const delivery of claimed) this.run(delivery, targets.get(delivery.webhookId));
  }

  private run(delivery: ClaimedDelivery, target: WebhookTarget | undefined): void {
    const work = this.attempt(delivery, target)
      .catch((error: unknown) =>
        this.logger.error({ err: error, deliveryId: delivery.id }, 'delivery.attempt_failed'),
      )
      .then(() => {
        this.sending.delete(work);
        this.slots.settled();
        this.claimNext();
      });
    this.sending.add(work);
  }

  private async attempt(
    delivery: ClaimedDelivery,
    target: WebhookTarget | undefined,
  ): Promise<void> {
    if (!target) {
      // Deleted between claim and look-up: the sweep cancels what it had.
      this.slots.release(delivery.webhookId);
      return this.queue.handBack([delivery.id], this.holder);
    }
    const startedAt = new Date();
    const built = buildRequest({
      target,
      deliveryId: delivery.id,
      body: delivery.body,
      contentType: CONTENT_TYPE,
      timestampSeconds: Math.floor(startedAt.getTime() / 1000),
      userAgent: USER_AGENT,
    });
    const outcome: Outcome = built.ok
      ? await this.sender.send(built.request)
      : {
          kind: 'unreachable',
          error: { code: 'invalid_request', message: built.fault.message },
          durationMs: 0,
        };
    this.slots.release(delivery.webhookId);
    this.claimNext();
    const request = built.ok
      ? built.request
      : { method: target.method, url: target.url, headers: {} };
    await this.settle({ delivery, request, target, startedAt }, outcome);
  }

  private async settle(
    attempt: Parameters<typeof settlementOf>[0],
    outcome: Outcome,
  ): Promise<void> {
    const { settlement, targetGone } = settlementOf(attempt, outcome, {
      policy: this.policy,
      now: new Date(),
      random: Math.random(),
    });
    if (targetGone) await this.webhooks.disable(attempt.delivery.webhookId, 'gone');
    await this.commits.add(settlement);
    this.logger.info(logLineOf(settlement, attempt.delivery), 'delivery.attempted');
  }

  private async write(batch: Settlement[]): Promise<undefined[]> {
    await this.queue.settle(batch);
    return batch.map(() => undefined);
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

function logLineOf(settlement: Settlement, { eventId, webhookId }: ClaimedDelivery) {
  const {
    deliveryId,
    workspaceId,
    number,
    outcome,
    status,
    statusCode,
    durationMs: ms,
    error,
  } = settlement;
  const { nextAttemptAt } = settlement;
  const ids = { deliveryId, workspaceId, eventId, webhookId };
  return { ...ids, number, outcome, status, statusCode, ms, error: error?.code, nextAttemptAt };
}
