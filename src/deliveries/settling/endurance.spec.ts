import * as fc from 'fast-check';
import { Endurance, waitMs } from './endurance.js';

const sqlError = (code: string): Error => Object.assign(new Error(code), { code });
const OUTAGE = sqlError('57P01');

/** Work that fails with these errors, one after the other, before it succeeds. */
const failing = (...errors: Error[]) => {
  let tries = 0;
  const work = (): Promise<number> => {
    const error = errors[tries++];
    return error ? Promise.reject(error) : Promise.resolve(tries);
  };
  return { work, tries: () => tries };
};

const silent = (): void => undefined;

describe('Endurance', () => {
  it('tries again while the database is away, deadlocked or not writable yet, and tells of each wait', async () => {
    const waits: unknown[] = [];
    const endurance = new Endurance((error) => waits.push(error));
    const errors = ['57P01', 'ECONNREFUSED', '40P01', '40001', '25006'].map(sqlError);
    const { work } = failing(...errors);
    expect(await endurance.untilDone(work)).toBe(6);
    expect(waits).toEqual(errors);
  });

  it.each(['22P02', '23505', '42703'])(
    'does not repeat what is refused for good: %s',
    async (code) => {
      const { work, tries } = failing(sqlError(code));
      await expect(new Endurance(silent).untilDone(work)).rejects.toThrow(code);
      expect(tries()).toBe(1);
    },
  );

  it('at the end tries once more what waits, without waiting further', async () => {
    const endurance = new Endurance(() => endurance.end());
    expect(await endurance.untilDone(failing(OUTAGE).work)).toBe(2);
    const { work, tries } = failing(OUTAGE);
    await expect(endurance.untilDone(work)).rejects.toBe(OUTAGE);
    expect(tries()).toBe(1);
  });

  it('at the end gives up what hangs', async () => {
    const endurance = new Endurance(silent);
    const hanging = endurance.untilDone(() => new Promise(silent));
    endurance.end();
    const later = endurance.untilDone(() => new Promise(silent));
    await Promise.all(
      [hanging, later].map((work) => expect(work).rejects.toThrow('did not answer')),
    );
  });

  it('waits longer each time, up to 5 seconds, and never less than half of that', () => {
    const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat({ max: 5_000 }), share, (tries, random) => {
        const longest = Math.min(5_000, 100 * 2 ** tries);
        expect(waitMs(tries, random)).toBeGreaterThanOrEqual(longest / 2);
        expect(waitMs(tries, random)).toBeLessThanOrEqual(longest);
      }),
    );
  });
});
