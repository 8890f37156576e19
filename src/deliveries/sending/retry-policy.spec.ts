import * as fc from 'fast-check';
import type { Outcome } from './outcome.js';
import { loadConfig } from '../../config/index.js';
import { askedPauseMs, nextAttempt, parseRetryAfter, policyOf } from './retry-policy.js';
import type { AttemptResult, NextAttempt, RetryPolicy } from './retry-policy.js';

const now = new Date('2026-03-01T12:00:00Z');
const day = 24 * 3600;

const config = loadConfig({}, '');
const defaultRetryPolicy: RetryPolicy = {
  scheduleSeconds: config.BUGLE_RETRY_SCHEDULE,
  jitter: config.BUGLE_RETRY_JITTER,
  finalStatusCodes: [],
};

const answered = (
  statusCode: number,
  retryAfter?: string,
  responseHeaders: Record<string, string> = {},
): Outcome => ({
  kind: statusCode >= 200 && statusCode < 300 ? 'delivered' : 'rejected',
  statusCode,
  responseHeaders,
  responseBody: '',
  retryAfter,
  durationMs: 1,
});
const unreachable: Outcome = {
  kind: 'unreachable',
  error: { code: 'timeout', message: '' },
  durationMs: 1,
};

function decide(outcome: Outcome, result: Partial<AttemptResult> = {}): NextAttempt {
  const policy = { scheduleSeconds: [5, 30], jitter: 0, finalStatusCodes: [422] };
  return nextAttempt({ outcome, attemptNumber: 1, policy, now, random: 0.5, ...result });
}

function waitSeconds(next: NextAttempt): number {
  if (next.status !== 'retrying') throw new Error(`not retrying but ${next.status}`);
  return next.waitMs / 1000;
}

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const firstWait = (share: number): number =>
  waitSeconds(decide(unreachable, { policy: defaultRetryPolicy, random: share }));

describe('nextAttempt', () => {
  it.each([200, 201, 204, 299])('is done after %i', (status) => {
    expect(decide(answered(status))).toEqual({ status: 'delivered' });
  });

  it.each([301, 304, 400, 401, 404, 408, 429, 500, 503])('tries again after %i', (status) => {
    expect(waitSeconds(decide(answered(status)))).toBe(5);
  });

  it('tries again when nobody answered', () => {
    expect(waitSeconds(decide(unreachable))).toBe(5);
  });

  it('gives up at once on 410, and says that the target is gone', () => {
    expect(decide(answered(410))).toEqual({ status: 'exhausted', targetGone: true });
  });

  it('gives up at once on a status that the policy calls final, but not on others', () => {
    expect(decide(answered(422))).toEqual({ status: 'exhausted', targetGone: false });
    expect(waitSeconds(decide(answered(423)))).toBe(5);
  });

  it('gives up after the first attempt when the schedule is empty', () => {
    const policy = { ...defaultRetryPolicy, scheduleSeconds: [] };
    expect(decide(unreachable, { policy })).toEqual({ status: 'exhausted', targetGone: false });
    expect(decide(answered(204), { policy })).toEqual({ status: 'delivered' });
  });

  it('gives up after the schedule’s last waiting time', () => {
    expect(waitSeconds(decide(unreachable, { attemptNumber: 2 }))).toBe(30);
    expect(decide(unreachable, { attemptNumber: 3 })).toEqual({
      status: 'exhausted',
      targetGone: false,
    });
  });

  it('makes ten attempts over 45 hours by default', () => {
    const waits = defaultRetryPolicy.scheduleSeconds.map((_, index) =>
      waitSeconds(decide(unreachable, { attemptNumber: index + 1, policy: defaultRetryPolicy })),
    );
    expect(waits).toEqual([5, 30, 120, 600, 1800, 7200, 21600, 43200, 86400]);
    expect(decide(unreachable, { attemptNumber: 10, policy: defaultRetryPolicy }).status).toBe(
      'exhausted',
    );
  });

  it('spreads each waiting time within ± the jitter, and over all of it', () => {
    expect(firstWait(0)).toBe(4);
    expect(firstWait(0.999999)).toBeCloseTo(6, 2);
    fc.assert(
      fc.property(random, (value) => {
        expect(firstWait(value)).toBeGreaterThanOrEqual(4);
        expect(firstWait(value)).toBeLessThanOrEqual(6);
      }),
    );
  });

  it.each([429, 503])('honours Retry-After on %i, to 24 hours at most', (status) => {
    expect(waitSeconds(decide(answered(status, '120')))).toBe(120);
    expect(waitSeconds(decide(answered(status, String(3 * day))))).toBe(day);
    expect(waitSeconds(decide(answered(status, 'Sun, 01 Mar 2026 13:00:00 GMT')))).toBe(3600);
  });

  it('never lets Retry-After shorten the schedule', () => {
    expect(waitSeconds(decide(answered(429, '1')))).toBe(5);
    expect(waitSeconds(decide(answered(503, 'Sun, 01 Mar 2026 11:00:00 GMT')))).toBe(5);
  });

  it('ignores Retry-After on other statuses, and one that makes no sense', () => {
    expect(waitSeconds(decide(answered(500, '120')))).toBe(5);
    expect(waitSeconds(decide(answered(429, 'soon')))).toBe(5);
  });

  it('grants no further attempt because of Retry-After', () => {
    expect(decide(answered(429, '120'), { attemptNumber: 3 }).status).toBe('exhausted');
  });

  it('always names a time from the schedule’s earliest to the later of its latest and 24 hours', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat({ max: 8 }), random, (retryAfter, index, value) => {
        const base = defaultRetryPolicy.scheduleSeconds[index] ?? 0;
        const wait = waitSeconds(
          decide(answered(429, retryAfter), {
            attemptNumber: index + 1,
            policy: defaultRetryPolicy,
            random: value,
          }),
        );
        expect(wait).toBeGreaterThanOrEqual(base * 0.8);
        expect(wait).toBeLessThanOrEqual(Math.max(base * 1.2, day));
      }),
    );
  });
});

describe('nextAttempt with any policy', () => {
  const policies = fc.record({
    scheduleSeconds: fc.array(fc.double({ min: 0.05, max: 604_800, noNaN: true }), {
      maxLength: 8,
    }),
    jitter: fc.double({ min: 0, max: 0.9, noNaN: true }),
    finalStatusCodes: fc.array(fc.integer({ min: 300, max: 599 }), { maxLength: 5 }),
  });
  const outcomes = fc.oneof(
    fc.constant(unreachable),
    fc
      .tuple(fc.integer({ min: 200, max: 599 }), fc.option(fc.string(), { nil: undefined }))
      .map(([status, retryAfter]) => answered(status, retryAfter)),
  );

  it('makes at most one attempt more than the schedule has waits, and never waits outside its bounds', () => {
    fc.assert(
      fc.property(
        policies,
        outcomes,
        fc.integer({ min: 1, max: 12 }),
        random,
        (policy, outcome, attemptNumber, value) => {
          const next = decide(outcome, { policy, attemptNumber, random: value });
          if (next.status !== 'retrying') return;
          // Undefined would fail below: nothing is retried after the last wait.
          const wait = policy.scheduleSeconds[attemptNumber - 1] ?? Number.NaN;
          expect(next.waitMs).toBeGreaterThanOrEqual(Math.floor(wait * 1000 * (1 - policy.jitter)));
          const latest = Math.ceil(wait * 1000 * (1 + policy.jitter));
          expect(next.waitMs).toBeLessThanOrEqual(Math.max(latest, day * 1000));
        },
      ),
    );
  });
});

describe('policyOf', () => {
  it('takes from the settings what a webhook leaves open', () => {
    expect(policyOf(null, defaultRetryPolicy)).toEqual(defaultRetryPolicy);
    expect(policyOf({ schedule: [] }, defaultRetryPolicy)).toEqual({
      ...defaultRetryPolicy,
      scheduleSeconds: [],
    });
    const own = { schedule: [1, 2], jitter: 0, finalStatusCodes: [400] };
    expect(policyOf(own, defaultRetryPolicy)).toEqual({
      scheduleSeconds: [1, 2],
      jitter: 0,
      finalStatusCodes: [400],
    });
  });
});

describe('askedPauseMs', () => {
  it('is what a 429 or 503 asks for, and nothing else', () => {
    expect(askedPauseMs(answered(429, '7'), now)).toBe(7_000);
    expect(askedPauseMs(answered(503, '7'), now)).toBe(7_000);
    for (const outcome of [answered(500, '7'), answered(429), answered(200, '7'), unreachable]) {
      expect(askedPauseMs(outcome, now)).toBeUndefined();
    }
  });

  it('goes by the receiver’s own clock where that differs from ours', () => {
    const theirs = { date: 'Sun, 01 Mar 2026 18:00:00 GMT' };
    const until = 'Sun, 01 Mar 2026 18:01:30 GMT';
    expect(askedPauseMs(answered(429, until, theirs), now)).toBe(90_000);
    expect(askedPauseMs(answered(429, until, { date: 'today' }), now)).toBe(6 * 3_600_000 + 90_000);
  });
});

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    [' 90 ', 90],
    ['9'.repeat(400), day],
    ['Sun, 01 Mar 2026 12:30:00 GMT', 1800],
    ['Sunday, 01-Mar-26 12:30:00 GMT', 1800],
    ['Sun Mar  1 12:30:00 2026', 1800],
    ['Fri, 31 Dec 2100 00:00:00 GMT', day],
    ['Sun, 01 Mar 2026 11:30:00 GMT', 0],
  ])('reads %j', (value, seconds) => {
    expect(parseRetryAfter(value, now)).toBe(seconds * 1000);
  });

  it.each([
    '',
    '-5',
    '1.5',
    '1e3',
    '0x10',
    '5 s',
    'soon',
    '120, 240',
    '2026-03-01T12:30:00Z',
    'Sun, 99 Mar 2026 12:30:00 GMT',
    'Sun, 01 Mar 2026 12:30:00 +0100',
    'Mar 2026',
  ])('does not take %j for a time', (value) => {
    expect(parseRetryAfter(value, now)).toBeUndefined();
  });
});
