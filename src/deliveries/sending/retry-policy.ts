import type { WebhookRetryPolicy } from '../../webhooks/index.js';
import type { AnsweredOutcome, Outcome } from './outcome.js';

/** When a delivery that failed is tried again. */
export interface RetryPolicy {
  /** Waiting time after the first, second, … failed attempt, in seconds; after the last one it is given up. */
  scheduleSeconds: readonly number[];
  /** Each waiting time is spread evenly over ± this share of itself, 0 to 1. */
  jitter: number;
  /** Answers with these status codes are not tried again. */
  finalStatusCodes: readonly number[];
}

const maxAskedMs = 24 * 3600 * 1000;
const gone = 410;

/** What `nextAttempt` decides on. */
export interface AttemptResult {
  outcome: Outcome;
  /** Its place in the schedule, from 1. */
  attemptNumber: number;
  policy: RetryPolicy;
  now: Date;
  /** From [0, 1), as `Math.random()` gives it. */
  random: number;
}

/** The state that an attempt leaves its delivery in. */
export type NextAttempt =
  | { status: 'delivered' }
  /** `waitMs`: a duration and no time, since the clock that counts is the database's. */
  | { status: 'retrying'; waitMs: number }
  /** `targetGone`: the receiver said 410, so its webhook is to be disabled at once. */
  | { status: 'exhausted'; targetGone: boolean };

/** A webhook's own policy; what it leaves open is as the settings say. */
export function policyOf(own: WebhookRetryPolicy | null, settings: RetryPolicy): RetryPolicy {
  return {
    scheduleSeconds: own?.schedule ?? settings.scheduleSeconds,
    jitter: own?.jitter ?? settings.jitter,
    finalStatusCodes: own?.finalStatusCodes ?? settings.finalStatusCodes,
  };
}

/**
 * What follows an attempt. All but 2xx is tried again, save 410 and what the policy calls final. `Retry-After` on 429
 * and 503 can only postpone the schedule's own time, to 24 h at most.
 */
export function nextAttempt(result: AttemptResult): NextAttempt {
  const { outcome, attemptNumber, policy, now } = result;
  if (outcome.kind === 'delivered') return { status: 'delivered' };
  const statusCode = outcome.kind === 'rejected' ? outcome.statusCode : undefined;
  if (statusCode === gone) return { status: 'exhausted', targetGone: true };
  const waitSeconds = policy.scheduleSeconds[attemptNumber - 1];
  const isFinal = statusCode !== undefined && policy.finalStatusCodes.includes(statusCode);
  if (isFinal || waitSeconds === undefined) return { status: 'exhausted', targetGone: false };
  const scheduledMs = spread(waitSeconds * 1000, result);
  return { status: 'retrying', waitMs: Math.max(scheduledMs, askedPauseMs(outcome, now) ?? 0) };
}

/** For how long a 429 or 503 asks to be left alone, in milliseconds, 24 h at most; undefined when it does not say. */
export function askedPauseMs(outcome: Outcome, now: Date): number | undefined {
  if (outcome.kind !== 'rejected' || outcome.retryAfter === undefined) return undefined;
  if (outcome.statusCode !== 429 && outcome.statusCode !== 503) return undefined;
  return parseRetryAfter(outcome.retryAfter, clockOf(outcome) ?? now);
}

/**
 * The milliseconds until the time that a `Retry-After` value names, seconds or any of the three HTTP-date forms (RFC 9110
 * §10.2.3); 0 to 24 h, and undefined when it is neither. `now`: by the clock of whoever wrote it.
 */
export function parseRetryAfter(value: string, now: Date): number | undefined {
  const text = value.trim();
  const date = parseHttpDate(text);
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : date && date - now.getTime();
  if (ms === undefined || Number.isNaN(ms)) return undefined;
  return Math.min(maxAskedMs, Math.max(0, ms));
}

function spread(waitMs: number, { policy, random }: AttemptResult): number {
  return Math.round(waitMs * (1 + policy.jitter * (2 * random - 1)));
}

/** The receiver's own clock: a date that it names is meant by that one. */
function clockOf({ responseHeaders }: AnsweredOutcome): Date | undefined {
  const time = parseHttpDate(responseHeaders.date ?? '');
  return time === undefined || Number.isNaN(time) ? undefined : new Date(time);
}

const gmtDate =
  /^[A-Z][a-z]{2,8}, \d{2}[ -][A-Z][a-z]{2}[ -](?:\d{4}|\d{2}) \d{2}:\d{2}:\d{2} GMT$/;
const asctimeDate = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

// Date.parse alone takes almost any text for a date, and an asctime date for local time.
function parseHttpDate(text: string): number | undefined {
  if (gmtDate.test(text)) return Date.parse(text);
  if (asctimeDate.test(text)) return Date.parse(`${text} GMT`);
  return undefined;
}
