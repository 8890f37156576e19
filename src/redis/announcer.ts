import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { JobQueue } from './job-queue.js';

/** What an announcer needs. */
export interface AnnouncerOptions<Job extends object> {
  queue: JobQueue;
  /** Gives what waits to be announced, and forgets it. None: there is nothing. */
  take: () => Job[];
  /** With so many jobs in the queue nothing is added: nobody takes them, and the sweep finds the work. */
  maxWaiting: number;
  /** Shortest time between two writes, in milliseconds. */
  everyMs?: number;
  /** Something was not announced: the queue refused it, or is full. */
  onLost?: () => void;
  /** What is announced, for the log. */
  name: string;
  logger: Logger;
}

/** After a failure, how long the queue counts as broken. */
const BROKEN_MS = 1_000;

/**
 * Puts what waits into a queue, one write at a time: what comes meanwhile travels together. It never blocks who
 * announces, and nothing that it could not put there is kept: the tables have it.
 */
export class Announcer<Job extends object> {
  private running: Promise<void> | undefined;
  /** Changes in the same turn in which nothing more was found: nothing that is announced then gets lost. */
  private isRunning = false;
  private closed = false;
  private isFull = false;
  private brokenUntil = 0;
  private isLosing = false;

  constructor(private readonly options: AnnouncerOptions<Job>) {}

  /** Whether the queue took what it was given last; asked again after a second. */
  get isWorking(): boolean {
    return performance.now() >= this.brokenUntil;
  }

  /** There is something to take. */
  wake(): void {
    if (this.closed || this.isRunning) return;
    this.isRunning = true;
    this.running = this.run();
  }

  /** Resolves when the write under way has ended. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async run(): Promise<void> {
    const { take, everyMs = 0 } = this.options;
    for (let jobs = take(); jobs.length > 0 && !this.closed; jobs = take()) {
      await this.put(jobs).then(
        (lost) => this.report(lost),
        (error: unknown) => this.failed(error),
      );
      if (everyMs > 0) await pause(everyMs, undefined, { ref: false });
    }
    this.isRunning = false;
  }

  /** Answers why the jobs were not put there, if so. */
  private async put(jobs: readonly Job[]): Promise<string | undefined> {
    const { queue, maxWaiting } = this.options;
    if (this.isFull) this.isFull = (await queue.waiting()) >= maxWaiting;
    if (this.isFull) return 'the queue is full: nobody takes what is in it';
    const [waiting] = await Promise.all([queue.waiting(), ...jobs.map((job) => queue.add(job))]);
    this.isFull = waiting >= maxWaiting;
    return undefined;
  }

  private failed(error: unknown): void {
    this.brokenUntil = performance.now() + BROKEN_MS;
    this.report(error instanceof Error ? error.message : String(error));
  }

  /** Logged once when it begins and once when it is over, however often it is tried between. */
  private report(lost: string | undefined): void {
    const { name, logger, onLost } = this.options;
    if (lost !== undefined) onLost?.();
    if ((lost !== undefined) === this.isLosing) return;
    this.isLosing = lost !== undefined;
    if (this.isLosing) logger.warn({ queue: name, reason: lost }, 'handoff.left_to_sweep');
    else logger.info({ queue: name }, 'handoff.works_again');
  }
}
