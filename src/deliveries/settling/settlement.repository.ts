import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CONFIG, type Config } from '../../config/index.js';
import {
  channelName,
  DatabaseSession,
  type Runner,
  type Statement,
  Statements,
} from '../../database/index.js';
import { passing } from '../../seams.js';
import type { Settlement } from '../delivery.js';
import { holding, PAUSED_UNTIL, TRIPPED_UNTIL } from '../../webhooks/index.js';
import { type FailingHealth, staleAfterMs } from './breaker.js';
import type { EndedRun, FailedAttempt, FailureRun } from './operational-event.js';
import { SETTLE, WAS_TOLD } from './settle-statement.js';

/** Notifications on it name the attempts that were settled. */
export const ATTEMPTS_CHANNEL = 'attempts';
/** A notification holds less than 8000 bytes; one attempt takes about 40. */
const ATTEMPTS_PER_NOTIFICATION = 150;

/** Names the attempts of one workspace: `<delivery id>/<number>`. */
export const attemptsNotice = z.object({ workspaceId: z.string(), attempts: z.array(z.string()) });
export type AttemptsNotice = z.infer<typeof attemptsNotice>;

/** Of several workers that see the same, one trips the breaker: the hold, and the count of trips, tell the others that it was done. */
const TRIP: Statement = {
  name: 'trip',
  text: `
  UPDATE webhook_health h SET trips = h.trips + $4::integer, held_since = now(), ${holding({
    tripped: `now() + $3 * interval '1 millisecond'`,
    paused: PAUSED_UNTIL,
  })}
  WHERE h.webhook_id = $1 AND h.trips = $2 AND h.failing_since IS NOT NULL AND COALESCE(${TRIPPED_UNTIL} <= now(), true)
  RETURNING held_until AS "heldUntil"`,
};

/**
 * Of several workers that see a success, one ends the run of failures: the others find none that was told of. A failure that
 * was settled since the success may have held the webhook as part of the run, and that ends with it.
 */
const RECOVER: Statement = {
  name: 'recover-webhook',
  text: `
  UPDATE webhook_health SET failures = 0, failing_since = NULL, trips = 0, told_since = NULL, told_failures = 0,
    ${holding({ tripped: 'NULL::timestamptz', paused: 'run.paused_until' })}
  FROM (
    SELECT h.webhook_id, h.told_failures + h.failures AS failures, COALESCE(h.told_since, h.failing_since) AS failing_since,
      ${PAUSED_UNTIL} AS paused_until, w.workspace_id, w.name, w.url
    FROM webhook_health h JOIN webhooks w ON w.id = h.webhook_id
    WHERE h.webhook_id = $1 AND ${WAS_TOLD} FOR UPDATE OF h
  ) AS run WHERE webhook_health.webhook_id = run.webhook_id
  RETURNING run.workspace_id AS "workspaceId", run.name, run.url, run.failures, run.failing_since AS "failingSince",
    now() AS "recoveredAt"`,
};

/** Only the probe that was known of: another may have been taken since. */
const UNPROBE: Statement = {
  name: 'unprobe',
  text: 'UPDATE webhook_health SET probed_at = NULL WHERE webhook_id = $1 AND probed_at = $2',
};

const FACTS: Statement = {
  name: 'attempt-facts',
  text: `
  SELECT d.event_id AS "eventId", d.event_type AS "eventType", d.automation_id AS "automationId",
    COALESCE(h.failures, 0) + 1 AS failures, COALESCE(h.failing_since, now()) AS "failingSince"
  FROM deliveries d LEFT JOIN webhook_health h ON h.webhook_id = d.webhook_id WHERE d.id = $1`,
};

/** How a webhook does after attempts of it were settled. */
export interface HealthAfter extends Omit<FailingHealth, 'isThrottling'> {
  webhookId: string;
  /** Whether nothing may go to it now: the breaker holds it, or it asked for a pause. */
  isHeld: boolean;
  /** Whether one of the attempts succeeded. Where somebody was told of the run, its end is still to be told, and written down. */
  hasSucceeded: boolean;
  wasTold: boolean;
  /** ISO 8601; null when the run of failures has ended. */
  failingSince: string | null;
  /** When its last probe was taken; null when nobody waits for one. */
  probedAt: string | null;
}

/** For how long a webhook is held, and whether it is known to fail: only such holds are counted, and last longer each time. */
export interface Hold {
  ms: number;
  isTold: boolean;
}

/** What came of settling. */
export interface Settled {
  /** Attempts that failed and that their worker still held. */
  failed: FailedAttempt[];
  /** Of the webhooks that failed, and of those that had failed before. */
  health: HealthAfter[];
}

type Facts = Omit<FailedAttempt, 'settlement'>;

interface SettleRow {
  failed: (Facts & { attempt: string })[] | null;
  health: HealthAfter[] | null;
}

/** Stores how attempts ended, and tells whoever watches the log. */
@Injectable()
export class SettlementRepository {
  private readonly staleMs: number | null;

  constructor(
    private readonly statements: Statements,
    private readonly session: DatabaseSession,
    @Inject(CONFIG) config: Pick<Config, 'BUGLE_DISABLE_AFTER_HOURS'>,
  ) {
    this.staleMs = staleAfterMs(config.BUGLE_DISABLE_AFTER_HOURS);
  }

  /** Resolves when all of them are stored, or are part of the transaction. */
  async settle(settlements: readonly Settlement[], on: Runner = this.statements): Promise<Settled> {
    const channel = channelName(this.session.schema, ATTEMPTS_CHANNEL);
    // Rows are locked in one order by everybody, so that two statements do not wait for each other.
    const sorted = settlements.toSorted((a, b) => (a.deliveryId < b.deliveryId ? -1 : 1));
    const values = [JSON.stringify(sorted), channel, notices(settlements), this.staleMs];
    const written = on.run<SettleRow>(SETTLE, values);
    passing('settling');
    const [row] = await written;
    const facts = new Map(row?.failed?.map(({ attempt, ...rest }) => [attempt, rest]));
    const failed = settlements.flatMap((settlement) => {
      const known = facts.get(nameOf(settlement));
      return known ? [{ settlement, ...known }] : [];
    });
    return { failed, health: row?.health ?? [] };
  }

  /** Holds the deliveries of a webhook, unless somebody else did or it has succeeded since. Answers until when. */
  async trip(
    { webhookId, trips }: HealthAfter,
    { ms, isTold }: Hold,
    on: Runner = this.statements,
  ): Promise<Date | undefined> {
    const values = [webhookId, trips, ms, isTold ? 1 : 0];
    const [row] = await on.run<{ heldUntil: Date }>(TRIP, values);
    return row?.heldUntil;
  }

  /** As part of the transaction that tells of it. Undefined when somebody else did, or there is nothing to end. */
  async recover(webhookId: string, transaction: Runner): Promise<EndedRun | undefined> {
    const [run] = await transaction.run<EndedRun>(RECOVER, [webhookId]);
    return run;
  }

  /** Nothing follows from the probe of a webhook: the next claim may take another. */
  async unprobe({ webhookId, probedAt }: HealthAfter): Promise<void> {
    await this.statements.run(UNPROBE, [webhookId, probedAt]);
  }

  /** What an attempt that failed was about, and how its webhook did until then; undefined when the delivery is gone. */
  async factsOf(settlement: Settlement): Promise<(FailedAttempt & FailureRun) | undefined> {
    const [row] = await this.statements.run<Facts & { failures: number; failingSince: Date }>(
      FACTS,
      [settlement.deliveryId],
    );
    return row && { settlement, ...row, failingSince: row.failingSince.toISOString() };
  }
}

function nameOf({ deliveryId, number }: Settlement): string {
  return `${deliveryId}/${number}`;
}

function notices(settlements: readonly Settlement[]): string[] {
  const byWorkspace = new Map<string, string[]>();
  for (const settlement of settlements) {
    const attempts = byWorkspace.get(settlement.workspaceId) ?? [];
    byWorkspace.set(settlement.workspaceId, attempts);
    attempts.push(nameOf(settlement));
  }
  return [...byWorkspace].flatMap(([workspaceId, attempts]) => noticesOf(workspaceId, attempts));
}

function noticesOf(workspaceId: string, attempts: readonly string[]): string[] {
  const texts: string[] = [];
  for (let from = 0; from < attempts.length; from += ATTEMPTS_PER_NOTIFICATION) {
    const notice: AttemptsNotice = {
      workspaceId,
      attempts: attempts.slice(from, from + ATTEMPTS_PER_NOTIFICATION),
    };
    texts.push(JSON.stringify(notice));
  }
  return texts;
}
