import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { EntityManager } from 'typeorm';
import type { z } from 'zod';
import { CONFIG, type Config } from '../config/index.js';
import { FailureLog, isTransient, Repeating } from '../database/index.js';
import { BugleError } from '../errors.js';
import { LOGGER } from '../logger.js';
import type { PageEnd, RunningJob } from './job.js';
import { JobRepository, type TakenJob } from './job.repository.js';

/**
 * Ends a page: what `work` writes and the place where it ends are stored together. False, with nothing written, when
 * the job was cancelled or taken over meanwhile.
 */
export type StorePage = (work: (manager: EntityManager) => Promise<PageEnd>) => Promise<boolean>;

/** Does jobs of one kind, page by page. */
export interface JobRunner<Input> {
  readonly kind: string;
  /** What its jobs are asked for, as it is stored. */
  readonly input: z.ZodType<Input>;
  /**
   * One page: about a second of work, far less than a lease. What it does outside of `store` may be done twice, when
   * this process dies before the page was stored.
   * @throws BugleError when the job cannot go on: it has failed then
   */
  page(job: RunningJob<Input>, store: StorePage): Promise<void>;
}

type Page = (job: TakenJob, store: StorePage) => Promise<void>;

/** Pages of different workspaces that one process does at the same time. */
const AT_ONCE = 2;
/** A page takes up to some seconds, and must not be somebody else's before it is stored. */
const MIN_LEASE_MS = 30_000;
/** A page that failed for a reason that may pass is tried again after this long, */
const TRY_AGAIN_MS = 1_000;
/** and so often in a row; then its job has failed. */
const MAX_FAILURES = 5;
const HOUR = 3_600_000;

/**
 * Does the jobs of all workspaces, a page of each in turn. A job that its worker left, or that was taken for too
 * long, is taken by another one and goes on where its last page ended.
 */
@Injectable()
export class JobWorkerService {
  private readonly pages = new Map<string, Page>();
  private readonly loops: Repeating[];
  /** In a row, by job. */
  private readonly failures = new Map<string, number>();
  /** Workspaces in the order of their last turns, since something began to wait. */
  private readonly served = new Set<string>();
  private isStopping = false;

  constructor(
    private readonly jobs: JobRepository,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { BUGLE_SWEEP_INTERVAL_MS: lookEveryMs } = config;
    const names = { failed: 'job.not_looked_for', restored: 'job.looked_for' };
    const loop = (work: () => Promise<void>, everyMs: number) =>
      Repeating.patient(work, everyMs, new FailureLog(logger, names));
    this.loops = [
      ...Array.from({ length: AT_ONCE }, () => loop(() => this.work(), lookEveryMs)),
      loop(() => this.forget(), HOUR),
    ];
  }

  /** Jobs of this kind are done from now on. */
  register<Input>(runner: JobRunner<Input>): void {
    this.pages.set(runner.kind, (job, store) =>
      runner.page({ ...job, input: runner.input.parse(job.input) }, store),
    );
  }

  start(): void {
    for (const loop of this.loops) loop.start();
  }

  /** Resolves when the pages that are being done have ended. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  /** Page after page, until nothing waits, or somebody else is taking a job: the next look comes soon. */
  private async work(): Promise<void> {
    const kinds = [...this.pages.keys()];
    const leaseMs = Math.max(MIN_LEASE_MS, this.config.BUGLE_LEASE_MS);
    while (!this.isStopping) {
      const job = await this.jobs.take(kinds, { leaseMs, served: this.served });
      if (job === 'busy') return;
      if (!job) return this.served.clear();
      this.served.delete(job.workspaceId);
      this.served.add(job.workspaceId);
      await this.workOn(job);
    }
  }

  private async workOn(job: TakenJob): Promise<void> {
    try {
      await this.pages.get(job.kind)?.(job, (work) => this.store(job, work));
      this.failures.delete(job.id);
    } catch (error) {
      await this.failed(job, error);
    }
  }

  private async store(
    job: TakenJob,
    work: (manager: EntityManager) => Promise<PageEnd>,
  ): Promise<boolean> {
    const started = performance.now();
    let end: PageEnd | undefined;
    const isStored = await this.jobs.storePage(job, async (manager) => (end = await work(manager)));
    const { id, kind, workspaceId } = job;
    const ms = Math.round(performance.now() - started);
    this.logger.info({ id, kind, workspaceId, isStored, ...end, ms }, 'job.page');
    return isStored;
  }

  /** While the database is away, nothing can be written: the job is free again when its lease has run out. */
  private async failed(job: TakenJob, error: unknown): Promise<void> {
    const { id, kind, workspaceId } = job;
    this.logger.warn({ err: error, id, kind, workspaceId }, 'job.page_failed');
    if (error instanceof BugleError && error.status < 500) {
      return this.jobs.fail(job, { code: error.code, message: error.message });
    }
    if (error instanceof BugleError || isTransient(error))
      return this.jobs.giveBack(job, TRY_AGAIN_MS);
    const failures = (this.failures.get(id) ?? 0) + 1;
    this.failures.set(id, failures);
    if (failures < MAX_FAILURES) return this.jobs.giveBack(job, TRY_AGAIN_MS);
    this.failures.delete(id);
    return this.jobs.fail(job, BROKEN);
  }

  private async forget(): Promise<void> {
    while (await this.jobs.forget(this.config.BUGLE_RETENTION_DAYS));
  }
}

const BROKEN = {
  code: 'internal_error',
  message: `A page of it failed ${MAX_FAILURES} times in a row. The log of the server says why. Start it again: what is done is not done twice.`,
};
