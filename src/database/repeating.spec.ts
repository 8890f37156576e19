import { jest } from '@jest/globals';
import { FailureLog } from './failure-log.js';
import { Repeating } from './repeating.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Work whose end is in the test's hands. */
function heldWork() {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const work = () => new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
  return { ends, work };
}

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

describe('Repeating', () => {
  it('begins at once, and waits from the end of one run to the next', async () => {
    const { ends, work } = heldWork();
    const repeating = new Repeating(work, 100, { failed: () => undefined });
    repeating.start();
    expect(ends).toHaveLength(1);
    await pass(1_000);
    expect(ends).toHaveLength(1);
    ends[0]?.resolve();
    await pass(99);
    expect(ends).toHaveLength(1);
    await pass(1);
    expect(ends).toHaveLength(2);
  });

  it('is started once, however often that is said', () => {
    const { ends, work } = heldWork();
    const repeating = new Repeating(work, 100, { failed: () => undefined });
    repeating.start();
    repeating.start();
    expect(ends).toHaveLength(1);
  });

  it('goes on after an error, and tells of it', async () => {
    const { ends, work } = heldWork();
    const errors: unknown[] = [];
    const repeating = new Repeating(work, 100, { failed: (error) => errors.push(error) });
    repeating.start();
    const error = new Error('once');
    ends[0]?.reject(error);
    await pass(100);
    expect(errors).toEqual([error]);
    expect(ends).toHaveLength(2);
  });

  it('stops when the run that is under way has ended, and does not run again', async () => {
    const { ends, work } = heldWork();
    const repeating = new Repeating(work, 100, { failed: () => undefined });
    repeating.start();
    let isStopped = false;
    const stopped = repeating.stop().then(() => (isStopped = true));
    await pass(0);
    expect(isStopped).toBe(false);
    ends[0]?.resolve();
    await stopped;
    await pass(1_000);
    expect(ends).toHaveLength(1);
  });

  it('stops between two runs as well, and before the first', async () => {
    const { ends, work } = heldWork();
    const repeating = new Repeating(work, 100, { failed: () => undefined });
    await repeating.stop();
    repeating.start();
    ends[0]?.resolve();
    await pass(50);
    await repeating.stop();
    await pass(1_000);
    expect(ends).toHaveLength(1);
  });

  it('that is patient waits longer after each failure, up to some seconds, until it works again', async () => {
    const { ends, work } = heldWork();
    const told: string[] = [];
    const logger = {
      error: (_: object, name?: string) => told.push(name ?? ''),
      info: (_: object, name?: string) => told.push(name ?? ''),
    };
    const names = { failed: 'failed', restored: 'restored' };
    Repeating.patient(work, 1_000, new FailureLog(logger, names)).start();
    for (const waitMs of [1_000, 2_000, 4_000, 5_000, 5_000]) {
      const runs = ends.length;
      ends.at(-1)?.reject(new Error('away'));
      await pass(waitMs - 1);
      expect(ends).toHaveLength(runs);
      await pass(1);
      expect(ends).toHaveLength(runs + 1);
    }
    ends.at(-1)?.resolve();
    await pass(1_000);
    expect(ends).toHaveLength(7);
    expect(told).toEqual(['failed', 'failed', 'failed', 'restored']);
  });
});
