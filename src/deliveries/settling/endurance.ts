import { setTimeout as pause } from 'node:timers/promises';
import { isTransient } from '../../database/index.js';

/** Doubled from the first to the longest, each shortened by up to half so that workers do not come back together. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
/** What is under way when this process ends has so long to be done. */
const LAST_TRY_MS = 2_000;
const CALLED_OFF = 'The database did not answer before this process had to end.';

/** What is done when the database has to be waited for. */
type OnWait = (error: unknown, waitMs: number) => void;

/** Does what needs the database until it is done, however long the database is away. */
export class Endurance {
  private readonly ending = new AbortController();
  /** Calls off what is under way. */
  private readonly callOffs = new Set<() => void>();

  constructor(private readonly onWait: OnWait) {}

  /** @throws what the work throws, unless the database could not do it just now; after `end` that, too. */
  async untilDone<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.oneTry(work);
      } catch (error) {
        if (this.ending.signal.aborted || !isTransient(error)) throw error;
        await this.wait(error, waitMs(tries, Math.random()));
      }
    }
  }

  /** Whatever waits is tried once more, at once; what hangs is given up soon. */
  end(): void {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    for (const callOff of this.callOffs) callOff();
  }

  private async wait(error: unknown, ms: number): Promise<void> {
    this.onWait(error, ms);
    try {
      await pause(ms, undefined, { signal: this.ending.signal });
    } catch {
      // Called off: the last try comes at once.
    }
  }

  private oneTry<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const callOff = (): void => {
        timer = setTimeout(() => reject(new Error(CALLED_OFF)), LAST_TRY_MS);
      };
      this.callOffs.add(callOff);
      if (this.ending.signal.aborted) callOff();
      const settle = (): void => {
        this.callOffs.delete(callOff);
        clearTimeout(timer);
      };
      void work().then(resolve, reject).finally(settle);
    });
  }
}

/** From 50 to 100 ms at first, from 2.5 to 5 s in the end. `random` from [0, 1). */
export function waitMs(tries: number, random: number): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
  return longest * (1 - random / 2);
}
