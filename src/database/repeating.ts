/** Does something again and again, never twice at once: the interval counts from the end of one run. */
export class Repeating {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = true;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly intervalMs: number,
    private readonly onError: (error: unknown) => void,
  ) {}

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
      .catch(this.onError)
      .then(() => {
        if (!this.stopped) this.timer = setTimeout(() => this.run(), this.intervalMs).unref();
      });
  }
}
