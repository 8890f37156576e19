import type { FailureLog } from './failure-log.js';

/** What follows a run. */
interface Ends {
  failed: (error: unknown) => void;
  worked?: () => void;
  /** Between two runs after failures in a row, at most. The interval where nothing is said. */
  maxWaitMs?: number;
}

/** While the database is away: late enough to spare it, soon enough for nobody to wait when it is back. */
const PATIENCE_MS = 5_000;

/** Does something again and again, never twice at once: the interval counts from the end of one run. */
export class Repeating {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = true;
  /** In a row. */
  private failures = 0;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly intervalMs: number,
    private readonly ends: Ends,
  ) {}

  /** After failures in a row it waits twice as long each time, up to some seconds, and its log says so now and then. */
  static patient(work: () => Promise<void>, intervalMs: number, log: FailureLog): Repeating {
    return new Repeating(work, intervalMs, {
      failed: (error) => log.failed(error),
      worked: () => log.worked(),
      maxWaitMs: PATIENCE_MS,
    });
  }

  /** The first run starts at once. */
  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.run();
  }

  /** Resolves when a run that is under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private run(): void {
    this.running = this.work()
      .then(() => this.worked())
      .catch((error: unknown) => this.failed(error))
      .then(() => {
        if (!this.stopped) this.timer = setTimeout(() => this.run(), this.waitMs()).unref();
      });
  }

  private worked(): void {
    this.failures = 0;
    this.ends.worked?.();
  }

  private failed(error: unknown): void {
    this.failures += 1;
    this.ends.failed(error);
  }

  private waitMs(): number {
    const { intervalMs, failures } = this;
    const maxMs = Math.max(intervalMs, this.ends.maxWaitMs ?? intervalMs);
    return Math.min(maxMs, intervalMs * 2 ** Math.max(0, failures - 1));
  }
}
