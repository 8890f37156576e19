import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../../config/index.js';
import { LOGGER } from '../../logger.js';
import { Metrics } from '../../metrics/index.js';
import { passing } from '../../seams.js';
import type { WebhookTarget } from '../../webhooks/index.js';
import type { ClaimedDelivery, Settlement, Verdict } from '../delivery.js';
import {
  type BuiltRequest,
  type Outcome,
  policyOf,
  type RetryPolicy,
  Sender,
} from '../sending/index.js';
import { type Attempt, requestOf, settlementOf } from './attempt.js';
import { countAttempt } from './attempt-metrics.js';
import { SettlingService } from './settling.service.js';

/** A delivery whose turn it is, with all that its request is made of. */
export interface ReadyDelivery extends ClaimedDelivery {
  target: WebhookTarget;
  body: string;
}

/** One attempt, from the request to the row that records it. */
@Injectable()
export class AttemptService {
  private readonly policy: RetryPolicy;

  constructor(
    private readonly settling: SettlingService,
    private readonly sender: Sender,
    @Inject(CONFIG) config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    this.policy = {
      scheduleSeconds: config.BUGLE_RETRY_SCHEDULE,
      jitter: config.BUGLE_RETRY_JITTER,
      finalStatusCodes: [],
    };
  }

  /**
   * Sends and settles; nothing is awaited before the request is on its way. `onSent` is called between the two: the
   * receiver is free for the next request. Answers what the outcome means for the other deliveries of its webhook.
   * @throws when the outcome could not be stored.
   */
  async make(delivery: ReadyDelivery, onSent: (outcome: Outcome) => void): Promise<Verdict> {
    const { target, id: deliveryId, body, contentType } = delivery;
    const startedAt = new Date();
    const built = requestOf(target, { deliveryId, body, contentType }, startedAt);
    passing('sending');
    const outcome = built.ok ? await this.sender.send(built.request) : notBuilt(built);
    passing('sent');
    onSent(outcome);
    const request = built.ok
      ? built.request
      : { method: target.method, url: target.url, headers: {} };
    return this.settle({ delivery, request, target, startedAt }, outcome);
  }

  /** Ends the requests under way; each is recorded, and due again at once. */
  cutOff(): Promise<void> {
    this.settling.end();
    return this.sender.destroy();
  }

  private async settle(attempt: Attempt, outcome: Outcome): Promise<Verdict> {
    const { settlement, targetGone } = settlementOf(attempt, outcome, {
      policy: policyOf(attempt.target.retryPolicy, this.policy),
      now: new Date(),
      random: Math.random(),
    });
    // Before it is settled: nothing more may go there.
    if (targetGone) await this.settling.disableGone(settlement);
    const verdict = await this.settling.settle(settlement);
    countAttempt(this.metrics, settlement);
    this.logger.info(logLineOf(settlement, attempt.delivery), 'delivery.attempted');
    return targetGone ? 'closed' : verdict;
  }
}

function notBuilt({ fault }: Extract<BuiltRequest, { ok: false }>): Outcome {
  const code = fault.code === 'secret_unreadable' ? fault.code : 'invalid_request';
  return { kind: 'unreachable', error: { code, message: fault.message }, durationMs: 0 };
}

function logLineOf(settlement: Settlement, { eventId }: ClaimedDelivery) {
  const { deliveryId, workspaceId, webhookId, number, error } = settlement;
  const { outcome, status, statusCode, durationMs: ms, waitMs } = settlement;
  const code = error?.code;
  return {
    deliveryId,
    workspaceId,
    eventId,
    webhookId,
    number,
    outcome,
    status,
    statusCode,
    ms,
    error: code,
    waitMs,
  };
}
