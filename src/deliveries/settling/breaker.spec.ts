import * as fc from 'fast-check';
import { type FailingHealth, hasFailedTooLong, holdAfter, staleAfterMs } from './breaker.js';

const SETTINGS = { failures: 10, holdMs: 30_000 };
const HOUR = 3_600_000;

const health = (differences: Partial<FailingHealth> = {}): FailingHealth => ({
  failures: 10,
  trips: 0,
  isTripped: false,
  failingMs: 1_000,
  isThrottling: false,
  ...differences,
});

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('holdAfter', () => {
  it('opens at the threshold and not before', () => {
    expect(holdAfter(health({ failures: 9 }), SETTINGS, 0)).toBeUndefined();
    expect(holdAfter(health(), SETTINGS, 0)).toBe(30_000);
  });

  it('never opens with a threshold of 0', () => {
    expect(holdAfter(health({ failures: 1_000 }), { ...SETTINGS, failures: 0 }, 0)).toBeUndefined();
  });

  it('leaves a hold that has begun as it is, whatever comes in late', () => {
    expect(
      holdAfter(health({ failures: 26, trips: 1, isTripped: true }), SETTINGS, 0),
    ).toBeUndefined();
  });

  it('does not take a limit of the receiver for a breakdown, until it was held', () => {
    expect(holdAfter(health({ failures: 40, isThrottling: true }), SETTINGS, 0)).toBeUndefined();
    expect(holdAfter(health({ trips: 1, isThrottling: true }), SETTINGS, 0)).toBe(60_000);
  });

  it('doubles with each probe that fails, up to an hour', () => {
    const holds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((trips) =>
      holdAfter(health({ failures: 10 + trips, trips }), SETTINGS, 0),
    );
    const seconds = holds.map((ms) => (ms ?? 0) / 1000);
    expect(seconds).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
  });

  it('is spread, never above the doubled time nor below 4/5 of it', () => {
    const settings = fc.record({
      failures: fc.integer({ min: 1, max: 1000 }),
      holdMs: fc.integer({ min: 100, max: HOUR }),
    });
    fc.assert(
      fc.property(
        settings,
        fc.nat({ max: 2_000 }),
        fc.nat({ max: 2_000 }),
        random,
        (given, failures, trips, share) => {
          const ms = holdAfter(health({ failures, trips }), given, share);
          expect(ms !== undefined).toBe(failures >= given.failures);
          if (ms === undefined) return;
          const longest = Math.min(HOUR, given.holdMs * 2 ** trips);
          expect(ms).toBeGreaterThanOrEqual(Math.floor(longest * 0.8));
          expect(ms).toBeLessThanOrEqual(longest);
        },
      ),
    );
  });
});

/** A webhook by the rules of the settle statement, with a clock in the test's hands. */
class Webhook {
  now = 0;
  failures = 0;
  trips = 0;
  heldUntil = 0;
  readonly holds: number[] = [];

  settle(isSuccess: boolean, share: number): void {
    if (isSuccess) {
      this.failures = this.trips = this.heldUntil = 0;
      return;
    }
    this.failures += 1;
    const { failures, trips } = this;
    const ms = holdAfter(
      health({ failures, trips, isTripped: this.heldUntil > this.now }),
      SETTINGS,
      share,
    );
    if (ms === undefined) return;
    this.trips += 1;
    this.heldUntil = this.now + ms;
    this.holds.push(ms);
  }
}

describe('the breaker over time', () => {
  const step = fc.record({
    isSuccess: fc.boolean(),
    share: random,
    waitMs: fc.nat({ max: 2 * HOUR }),
  });

  it('holds only after enough failures in a row, and one success opens it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const webhook = new Webhook();
        let run = 0;
        for (const { isSuccess, share, waitMs } of steps) {
          webhook.settle(isSuccess, share);
          run = isSuccess ? 0 : run + 1;
          expect(webhook.trips > 0).toBe(run >= SETTINGS.failures);
          expect(isSuccess && webhook.heldUntil > 0).toBe(false);
          webhook.now += waitMs;
        }
      }),
    );
  });

  it('of a dead receiver lets one attempt an hour through in the end, and each day no more than 40', () => {
    fc.assert(
      fc.property(fc.array(random, { minLength: 60, maxLength: 60 }), (shares) => {
        const webhook = new Webhook();
        let attempts = 0;
        for (const share of shares) {
          webhook.now = Math.max(webhook.now + 100, webhook.heldUntil);
          if (webhook.now > 24 * HOUR) break;
          webhook.settle(false, share);
          attempts += 1;
        }
        expect(attempts).toBeLessThanOrEqual(SETTINGS.failures + 40);
        expect(webhook.holds.at(-1)).toBeGreaterThanOrEqual(0.8 * HOUR);
      }),
    );
  });
});

describe('hasFailedTooLong', () => {
  it.each([
    [120, 119.9, false],
    [120, 120, true],
    [0, 10_000, false],
    [0.5, 0.5, true],
  ])('after %d h: %d h of failure → %s', (afterHours, hours, expected) => {
    expect(hasFailedTooLong(health({ failingMs: hours * HOUR }), afterHours)).toBe(expected);
  });
});

describe('staleAfterMs', () => {
  it('is well past the time after which a webhook that really fails is disabled', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 8_760, noNaN: true }), (afterHours) => {
        expect(staleAfterMs(afterHours)).toBeGreaterThan(2 * afterHours * HOUR);
      }),
    );
    expect(staleAfterMs(0)).toBeNull();
  });
});
