import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../../config/index.js';
import { type Runner, runnerOf, Statements } from '../../database/index.js';
import {
  isOperational,
  type OperationalEvent,
  OperationalEventService,
  type StoredEvent,
} from '../../event-bus/index.js';
import type { JsonObject } from '../../json.js';
import { LOGGER } from '../../logger.js';
import { type DisabledReason, WebhookHealthService } from '../../webhooks/index.js';
import type { Settlement } from '../delivery.js';
import { type BreakerSettings, hasFailedTooLong, holdAfter } from './breaker.js';
import {
  type FailedAttempt,
  type FailureRun,
  type Named,
  recoveryOf,
  subjectOf,
} from './operational-event.js';
import { type HealthAfter, type Settled, SettlementRepository } from './settlement.repository.js';

/** An attempt that failed, and how its webhook does since. */
type Failing = FailedAttempt & FailureRun;

/**
 * Acts on webhooks that fail: holds their deliveries for a while, and disables them in the end. What it does is stored
 * together with the event that tells of it, and so is the end of a run of failures that was told of. Should a step be lost,
 * the next attempt takes it.
 */
@Injectable()
export class BreakerService {
  private readonly settings: BreakerSettings;
  private readonly disableAfterHours: number;

  constructor(
    private readonly settlements: SettlementRepository,
    private readonly webhooks: WebhookHealthService,
    private readonly events: OperationalEventService,
    private readonly statements: Statements,
    @Inject(CONFIG) config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.settings = {
      failures: config.BUGLE_BREAKER_FAILURES,
      holdMs: config.BUGLE_BREAKER_HOLD_MS,
    };
    this.disableAfterHours = config.BUGLE_DISABLE_AFTER_HOURS;
  }

  /** What follows for the webhooks of attempts that were settled. Answers those to which nothing may go now. */
  async judge({ failed, health }: Settled): Promise<ReadonlySet<string>> {
    const closed = new Set<string>();
    for (const webhook of health) {
      const { webhookId } = webhook;
      const attempts = failed.filter(({ settlement }) => settlement.webhookId === webhookId);
      const [step, failure] = webhook.hasSucceeded
        ? [this.end(webhook), 'webhook.not_recovered']
        : [this.act(webhook, attempts), 'webhook.not_held'];
      const isClosed = await step.catch((err: unknown) => {
        this.logger.error({ err, webhookId }, failure);
        return webhook.isHeld;
      });
      if (isClosed) closed.add(webhookId);
    }
    return closed;
  }

  /** For a receiver that said 410. False when the webhook is left as it is: disabled or corrected meanwhile, or gone. */
  async disableGone(settlement: Settlement): Promise<boolean> {
    const failing = await this.settlements.factsOf(settlement);
    return failing !== undefined && this.disable(failing, 'gone');
  }

  /** Whoever was told that a webhook fails is told that it answers again. Whether nothing may go to it now. */
  private async end({ webhookId, wasTold, isHeld }: HealthAfter): Promise<boolean> {
    if (!wasTold) return isHeld;
    const { run, events } = await this.statements.transaction(async (transaction) => {
      const ended = await this.settlements.recover(webhookId, transaction);
      if (!ended) return { run: undefined, events: [] };
      const { workspaceId } = ended;
      const data = recoveryOf(webhookId, ended);
      const event = { workspaceId, type: 'webhook.recovered' as const, data };
      return { run: ended, events: await this.events.store(transaction, [event]) };
    });
    this.events.announce(events);
    if (run) this.logger.info({ webhookId, failures: run.failures }, 'webhook.recovered');
    return isHeld;
  }

  /** Whether nothing may go to the webhook now. */
  private async act(health: HealthAfter, attempts: readonly FailedAttempt[]): Promise<boolean> {
    const told = attempts.findLast(isTold) ?? attempts.at(-1);
    if (!told || health.failingSince === null) return health.isHeld;
    const { failures } = health;
    const failing = { ...told, failures, failingSince: timeOf(health.failingSince) };
    if (hasFailedTooLong(health, this.disableAfterHours)) {
      await this.disable(failing, 'failing');
      return true;
    }
    const isThrottling = attempts.every(isThrottled);
    const holdMs = holdAfter({ ...health, isThrottling }, this.settings, Math.random());
    if (holdMs !== undefined) {
      await this.hold(health, failing, holdMs);
      return true;
    }
    if (health.probedAt !== null && !health.isHeld) await this.settlements.unprobe(health);
    return health.isHeld;
  }

  /**
   * The first time in a run of failures, everybody who wants to know is told. A hold of which nothing may be told leaves
   * that to the next one, and is as short as the first: `trips` counts what was told.
   */
  private async hold(health: HealthAfter, failing: Failing, ms: number): Promise<void> {
    const { webhookId, failures, trips } = health;
    const isNews = trips === 0 && isTold(failing);
    const heldUntil = isNews
      ? await this.holdAndTell(health, failing, ms)
      : await this.settlements.trip(health, { ms, isTold: trips > 0 });
    if (heldUntil) this.logger.warn({ webhookId, failures, heldUntil }, 'webhook.held');
  }

  private async holdAndTell(
    health: HealthAfter,
    failing: Failing,
    ms: number,
  ): Promise<Date | undefined> {
    const name = await this.nameOf(failing);
    const { heldUntil, events } = await this.statements.transaction(async (transaction) => {
      const until = await this.settlements.trip(health, { ms, isTold: true }, transaction);
      if (!until) return { heldUntil: undefined, events: [] };
      const more = { heldUntil: until.toISOString() };
      const event = eventOf('webhook.failing', failing, name, more);
      return { heldUntil: until, events: await this.events.store(transaction, [event]) };
    });
    this.events.announce(events);
    return heldUntil;
  }

  private async disable(failing: Failing, reason: DisabledReason): Promise<boolean> {
    const { workspaceId, webhookId, webhookRevision: revision } = failing.settlement;
    const name = await this.nameOf(failing);
    let events: StoredEvent[] = [];
    const tell = async (transaction: Runner): Promise<void> => {
      if (!isTold(failing)) return;
      const event = eventOf('webhook.disabled', failing, name, { reason });
      events = await this.events.store(transaction, [event]);
    };
    const isDone = await this.webhooks.disable(
      { workspaceId, webhookId, revision, reason },
      (manager) => tell(runnerOf(manager)),
    );
    if (!isDone) return false;
    this.events.announce(events);
    this.logger.warn({ workspaceId, webhookId, reason }, 'webhook.disabled');
    return true;
  }

  private async nameOf({ settlement: { webhookId } }: FailedAttempt): Promise<Named> {
    return (await this.webhooks.named([webhookId])).get(webhookId);
  }
}

/** Of deliveries of operational events nothing is told: events about events about events would follow. */
function isTold({ eventType }: FailedAttempt): boolean {
  return !isOperational(eventType);
}

function isThrottled({ settlement }: FailedAttempt): boolean {
  return settlement.statusCode === 429;
}

function eventOf(
  type: OperationalEvent['type'],
  failing: Failing,
  name: Named,
  more: JsonObject,
): OperationalEvent {
  const { failures, failingSince } = failing;
  const { workspaceId } = failing.settlement;
  return {
    workspaceId,
    type,
    data: { ...subjectOf(failing, name), failures, failingSince, ...more },
  };
}

/** As PostgreSQL writes it in JSON, in ISO 8601 with a Z. */
function timeOf(text: string): string {
  return new Date(text).toISOString();
}
