import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { JobQueue } from './job-queue.js';

/** What a consumer needs. */
export interface JobConsumerOptions {
  queue: JobQueue;
  /** Works on a job; the next one is taken when it resolves. */
  handle: (job: unknown) => Promise<void>;
  /** Resolves when there is room for a job, and when whoever makes room closes. */
  room: () => Promise<void>;
  /** Of the queue, for the log. */
  name: string;
  logger: Logger;
}

/** After a failure: whatever is away is not asked a thousand times a second. */
const RETRY_MS = 500;

/**
 * Takes job after job, and only what there is room for: the rest is left to other processes. A job that fails is not handled
 * again, since the tables have its work.
 */
export class JobConsumer {
  private running: Promise<void> | undefined;
  private isFailing = false;
  private readonly stopping = new AbortController();

  constructor(private readonly options: JobConsumerOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Resolves when the job that is being handled has ended. Not to be started again. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.options.queue.stopTaking();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.takeOne(signal);
        this.isFailing = false;
      } catch (error) {
        if (signal.aborted) return;
        this.failed(error);
        await pause(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  private async takeOne(signal: AbortSignal): Promise<void> {
    const { queue, handle, room } = this.options;
    await room();
    if (signal.aborted) return;
    const job = await queue.next();
    if (job !== undefined) await handle(job);
  }

  /** Logged once, however often it is tried again. */
  private failed(error: unknown): void {
    if (this.isFailing) return;
    this.isFailing = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.options.logger.warn({ queue: this.options.name, reason }, 'handoff.not_taking');
  }
}
