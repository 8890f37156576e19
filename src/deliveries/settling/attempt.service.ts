import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../../config/index.js';
import { GroupCommit, isOutage } from '../../database/index.js';
import { LOGGER } from '../../logger.js';
import { passing } from '../../seams.js';
import { WebhookService, type WebhookTarget } from '../../webhooks/index.js';
import { type Attempt, requestOf, settlementOf } from './attempt.js';
import type { ClaimedDelivery, Settlement } from '../delivery.js';
import { DeliveryQueueRepository } from '../queue/delivery-queue.repository.js';
import { SettlementRepository } from './settlement.repository.js';
import { type BuiltRequest, type Outcome, type RetryPolicy, Sender } from '../sending/index.js';

/** A delivery whose turn it is, with where it goes. */
export interface ReadyDelivery extends ClaimedDelivery {
  target: WebhookTarget;
  /** By `performance.now()`: the lease covers an attempt that begins until then. */
  startBefore: number;
}

/** Doubled from a tenth of a second on: about 13 s in all, well within the lease. */
const LONGEST_WAIT_MS = 6_400;

/** One attempt, from the request to the row that records it. */
@Injectable()
export class AttemptService {
  private readonly policy: RetryPolicy;
  private isEnding = false;
  private readonly commits = new GroupCommit<Settlement, void>((batch) => this.write(batch), {
    maxItems: 200,
    concurrency: 2,
  });

  constructor(
    private readonly queue: DeliveryQueueRepository,
    private readonly settlements: SettlementRepository,
    private readonly webhooks: WebhookService,
    private readonly sender: Sender,
    @Inject(CONFIG) config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.policy = {
      scheduleSeconds: config.BUGLE_RETRY_SCHEDULE,
      jitter: config.BUGLE_RETRY_JITTER,
    };
  }

  /** Sends and settles. `onSent` is called between the two: the receiver is free for the next request. */
  async make(delivery: ReadyDelivery, onSent: (durationMs: number) => void): Promise<void> {
    const { target, id: deliveryId, contentType } = delivery;
    const body = delivery.body ?? (await this.queue.bodyOf(deliveryId));
    const startedAt = new Date();
    const built = requestOf(target, { deliveryId, body, contentType }, startedAt);
    passing('sending');
    const outcome = built.ok ? await this.sender.send(built.request) : notBuilt(built);
    passing('sent');
    onSent(outcome.durationMs);
    const request = built.ok
      ? built.request
      : { method: target.method, url: target.url, headers: {} };
    await this.settle({ delivery, request, target, startedAt }, outcome);
  }

  /** Ends the requests under way; each is recorded, and due again at once. */
  cutOff(): Promise<void> {
    this.isEnding = true;
    return this.sender.destroy();
  }

  /** What a receiver has answered is worth keeping through a short outage of the database. */
  private async write(batch: Settlement[]): Promise<void[]> {
    for (let waitMs = 100; ; waitMs *= 2) {
      try {
        return await this.settlements.settle(batch);
      } catch (error) {
        if (this.isEnding || !isOutage(error) || waitMs > LONGEST_WAIT_MS) throw error;
        this.logger.warn({ err: error, attempts: batch.length, waitMs }, 'delivery.settle_delayed');
      }
      await setTimeout(waitMs);
    }
  }

  private async settle(attempt: Attempt, outcome: Outcome): Promise<void> {
    const { settlement, targetGone } = settlementOf(attempt, outcome, {
      policy: this.policy,
      now: new Date(),
      random: Math.random(),
    });
    // Before it is settled: nothing more may go there. The attempt is recorded whatever becomes of this.
    if (targetGone) {
      const { delivery, target } = attempt;
      await this.webhooks
        .disable(delivery.workspaceId, target, 'gone')
        .catch((err: unknown) =>
          this.logger.error({ err, webhookId: delivery.webhookId }, 'webhook.not_disabled'),
        );
    }
    await this.commits.add(settlement);
    this.logger.info(logLineOf(settlement, attempt.delivery), 'delivery.attempted');
  }
}

function notBuilt({ fault }: Extract<BuiltRequest, { ok: false }>): Outcome {
  const code = fault.code === 'secret_unreadable' ? fault.code : 'invalid_request';
  return { kind: 'unreachable', error: { code, message: fault.message }, durationMs: 0 };
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
