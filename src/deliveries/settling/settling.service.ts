import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { GroupCommit, isDataError, Statements } from '../../database/index.js';
import {
  isOperational,
  type OperationalEvent,
  OperationalEventService,
} from '../../event-bus/index.js';
import { LOGGER } from '../../logger.js';
import { passing } from '../../seams.js';
import { WebhookHealthService } from '../../webhooks/index.js';
import type { Settlement, Verdict } from '../delivery.js';
import { withoutTexts } from './attempt.js';
import { BreakerService } from './breaker.service.js';
import { Endurance } from './endurance.js';
import { type FailedAttempt, type Named, subjectOf } from './operational-event.js';
import { type Settled, SettlementRepository } from './settlement.repository.js';

/**
 * Writes down how attempts ended. What a receiver has answered is worth waiting for the database, however long it is
 * away: the alternative is to send it again.
 */
@Injectable()
export class SettlingService {
  private readonly endurance: Endurance;
  private readonly commits = new GroupCommit<Settlement, Verdict>((batch) => this.write(batch), {
    maxItems: 200,
    concurrency: 2,
  });

  constructor(
    private readonly settlements: SettlementRepository,
    private readonly breaker: BreakerService,
    private readonly webhooks: WebhookHealthService,
    private readonly events: OperationalEventService,
    private readonly statements: Statements,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.endurance = new Endurance((err, waitMs) =>
      this.logger.warn({ err, waitMs: Math.round(waitMs) }, 'delivery.settle_delayed'),
    );
  }

  /** Resolves when it is stored, to what follows for its webhook. @throws when it cannot be stored, or not before the end. */
  settle(settlement: Settlement): Promise<Verdict> {
    return this.commits.add(settlement);
  }

  /** The receiver is not there any more: its webhook is disabled. The attempt is to be settled whatever becomes of this. */
  async disableGone(settlement: Settlement): Promise<void> {
    try {
      await this.endurance.untilDone(() => this.breaker.disableGone(settlement));
    } catch (err) {
      this.logger.error({ err, webhookId: settlement.webhookId }, 'webhook.not_disabled');
    }
  }

  /** This process ends: nothing waits for the database any longer. */
  end(): void {
    this.endurance.end();
  }

  private async write(batch: readonly Settlement[]): Promise<Verdict[]> {
    const settled = await this.store(batch);
    passing('settled');
    const closed = await this.breaker.judge(settled);
    return batch.map(({ webhookId }) => (closed.has(webhookId) ? 'closed' : 'open'));
  }

  private async store(batch: readonly Settlement[]): Promise<Settled> {
    try {
      return await this.endurance.untilDone(() => this.storeOnce(batch));
    } catch (err) {
      const [only] = batch;
      // Of several, GroupCommit finds out which one it was.
      if (!only || batch.length > 1 || !isDataError(err)) throw err;
      this.logger.error({ err, deliveryId: only.deliveryId }, 'delivery.texts_refused');
      return this.endurance.untilDone(() => this.storeOnce([withoutTexts(only)]));
    }
  }

  /** One statement, unless something was given up: that and the event that tells of it are stored together. */
  private async storeOnce(batch: readonly Settlement[]): Promise<Settled> {
    const given = batch.filter(isExhausted);
    if (given.length === 0) return this.settlements.settle(batch);
    const names = await this.webhooks.named(given.map(({ webhookId }) => webhookId));
    const { settled, events } = await this.statements.transaction(async (transaction) => {
      const stored = await this.settlements.settle(batch, transaction);
      const told = stored.failed.flatMap((failed) => exhaustedEvent(failed, names));
      return { settled: stored, events: await this.events.store(transaction, told) };
    });
    this.events.announce(events);
    return settled;
  }
}

function isExhausted({ status }: Settlement): boolean {
  return status === 'exhausted';
}

/** None for a delivery that told of such a thing itself. */
function exhaustedEvent(
  failed: FailedAttempt,
  names: ReadonlyMap<string, Named>,
): OperationalEvent[] {
  const { settlement, eventType } = failed;
  if (!isExhausted(settlement) || isOperational(eventType)) return [];
  const { workspaceId, webhookId } = settlement;
  const data = subjectOf(failed, names.get(webhookId));
  return [{ workspaceId, type: 'delivery.exhausted', data }];
}
