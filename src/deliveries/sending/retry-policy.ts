import type { AnsweredOutcome, Outcome } from './outcome.js';

/** When a delivery that failed is tried again. */
export interface RetryPolicy {
  /** Waiting time after the first, second, … failed attempt, in seconds; after the last one it is given up. */
  scheduleSeconds: readonly number[];
  /** Each waiting time is spread evenly over ± this share of itself, 0 to 1. */
  jitter: number;
}

const maxRetryAfterMs = 24 * 3600 * 1000;
const gone = 410;

/** What `nextAttempt` decides on. */
export interface AttemptResult {
  outcome: Outcome;
  /** 1 for the first attempt. */
  attemptNumber: number;
  policy: RetryPolicy;
  now: Date;
  /** From [0, 1), as `Math.random()` gives it. */
  random: number;
}

/** The state that an attempt leaves its delivery in. */
export type NextAttempt =
  | { status: 'delivered' }
  | { status: 'retrying'; at: Date }
  /** `targetGone`: the receiver said 410, so its webhook is to be disabled at once. */
  | { status: 'exhausted'; targetGone: boolean };

/**
 * What follows an attempt. All but 2xx is tried again, save 410. `Retry-After` on 429 and 503 can only postpone
 * the schedule's own time, to 24 h at most.
 */
export function nextAttempt(result: AttemptResult): NextAttempt {
  const { outcome, attemptNumber, policy, now } = result;
  if (outcome.kind === 'delivered') return { status: 'delivered' };
  if (outcome.kind === 'rejected' && outcome.statusCode === gone) {
    return { status: 'exhausted', targetGone: true };
  }
  const waitSeconds = policy.scheduleSeconds[attemptNumber - 1];
  if (waitSeconds === undefined) return { status: 'exhausted', targetGone: false };
  const scheduled = now.getTime() + spread(waitSeconds * 1000, result);
  const asked = outcome.kind === 'rejected' ? askedTime(outcome, now) : undefined;
  return { status: 'retrying', at: new Date(Math.max(scheduled, asked?.getTime() ?? 0)) };
}

/**
 * The time a `Retry-After` value names, seconds or any of the three HTTP-date forms (RFC 9110 §10.2.3);
 * never later than 24 h from now, and undefined when it is neither.
 */
export function parseRetryAfter(value: string, now: Date): Date | undefined {
  const text = value.trim();
  const time = /^\d+$/.test(text) ? now.getTime() + Number(text) * 1000 : parseHttpDate(text);
  if (time === undefined || Number.isNaN(time)) return undefined;
  return new Date(Math.min(time, now.getTime() + maxRetryAfterMs));
}

function spread(waitMs: number, { policy, random }: AttemptResult): number {
  return Math.round(waitMs * (1 + policy.jitter * (2 * random - 1)));
}

function askedTime(outcome: AnsweredOutcome, now: Date): Date | undefined {
  const listens = outcome.statusCode === 429 || outcome.statusCode === 503;
  if (!listens || outcome.retryAfter === undefined) return undefined;
  return parseRetryAfter(outcome.retryAfter, now);
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
