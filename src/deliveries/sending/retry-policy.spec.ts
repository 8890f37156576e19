import * as fc from 'fast-check';
import type { Outcome } from './outcome.js';
import { loadConfig } from '../../config/index.js';
import { nextAttempt, parseRetryAfter } from './retry-policy.js';
import type { AttemptResult, NextAttempt } from './retry-policy.js';

const now = new Date('2026-03-01T12:00:00Z');
const day = 24 * 3600;

const config = loadConfig({}, '');
const defaultRetryPolicy = {
  scheduleSeconds: config.BUGLE_RETRY_SCHEDULE,
  jitter: config.BUGLE_RETRY_JITTER,
};

const answered = (statusCode: number, retryAfter?: string): Outcome => ({
  kind: statusCode >= 200 && statusCode < 300 ? 'delivered' : 'rejected',
  statusCode,
  responseHeaders: {},
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
  const policy = { scheduleSeconds: [5, 30], jitter: 0 };
  return nextAttempt({ outcome, attemptNumber: 1, policy, now, random: 0.5, ...result });
}

function waitSeconds(next: NextAttempt): number {
  if (next.status !== 'retrying') throw new Error(`not retrying but ${next.status}`);
  return (next.at.getTime() - now.getTime()) / 1000;
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

describe('parseRetryAfter', () => {
  it.each([
    ['0', '2026-03-01T12:00:00Z'],
    [' 90 ', '2026-03-01T12:01:30Z'],
    ['9'.repeat(400), '2026-03-02T12:00:00Z'],
    ['Sun, 01 Mar 2026 12:30:00 GMT', '2026-03-01T12:30:00Z'],
    ['Sunday, 01-Mar-26 12:30:00 GMT', '2026-03-01T12:30:00Z'],
    ['Sun Mar  1 12:30:00 2026', '2026-03-01T12:30:00Z'],
    ['Fri, 31 Dec 2100 00:00:00 GMT', '2026-03-02T12:00:00Z'],
  ])('reads %j', (value, time) => {
    expect(parseRetryAfter(value, now)).toEqual(new Date(time));
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
