import { setImmediate } from 'node:timers/promises';

/** Shares the event loop during long work: requests, answers and timers get their turn after so many milliseconds. */
export class Turns {
  private begun = performance.now();

  constructor(private readonly maxMs: number) {}

  /** Resolves at once while the turn lasts. */
  async yield(): Promise<void> {
    if (performance.now() - this.begun < this.maxMs) return;
    await setImmediate();
    this.begun = performance.now();
  }
}
