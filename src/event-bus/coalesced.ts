import { setTimeout as pause } from 'node:timers/promises';

/** Between two runs: what the first one does serves many wishes. Milliseconds. */
const EVERY_MS = 10;

/** Something that is done once for all who want it meanwhile, never twice at once. */
export class Coalesced {
  private running: Promise<void> | undefined;
  /** Changes in the same turn in which nothing more was wanted: no wish gets lost between. */
  private isRunning = false;
  private isWanted = false;
  private closed = false;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  want(): void {
    if (this.closed) return;
    this.isWanted = true;
    if (this.isRunning) return;
    this.isRunning = true;
    this.running = this.run();
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.isWanted && !this.closed) {
      this.isWanted = false;
      await this.work().catch(this.onError);
      await pause(EVERY_MS);
    }
    this.isRunning = false;
  }
}
