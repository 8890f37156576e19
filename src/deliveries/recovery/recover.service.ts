import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/index.js';
import { newId } from '../../database/index.js';
import {
  idsIn,
  type Job,
  type JobRunner,
  JobService,
  JobWorkerService,
  requireKept,
  type RunningJob,
  type StorePage,
} from '../../jobs/index.js';
import { webhookDeleted, webhookDisabled, WebhookService } from '../../webhooks/index.js';
import type { Principal } from '../../workspaces/index.js';
import { DeliveryHandoff } from '../delivery-handoff.js';
import { type Asked, type Counted, type Recovery, recovery } from './recovery.js';
import { RecoveryRepository } from './recovery.repository.js';

/** Deliveries that are looked at by one page. */
const ROWS = 1_000;

/** Sends again what a webhook, or all of a workspace, has missed: all that was given up in a period, as a job. */
@Injectable()
export class RecoverService implements JobRunner<Recovery>, OnModuleInit {
  readonly kind = 'deliveries.recover';
  readonly input = recovery;

  constructor(
    private readonly repository: RecoveryRepository,
    private readonly webhooks: WebhookService,
    private readonly handoff: DeliveryHandoff,
    private readonly jobs: JobService,
    private readonly worker: JobWorkerService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.worker.register(this);
  }

  /**
   * Starts it, or only counts. What waits, is being sent or was delivered since is left alone, so that asking twice sends nothing twice.
   * @throws BugleError 404, 409 `webhook_disabled`, `too_many_jobs`, 422
   */
  async recover(caller: Principal, { dryRun, ...input }: Asked<Recovery>): Promise<Job | Counted> {
    const retentionDays = this.config.BUGLE_RETENTION_DAYS;
    requireKept(input.since, { now: Date.now(), retentionDays });
    const { workspaceId } = caller;
    const { webhookId, status } = input;
    const webhook = webhookId === null ? null : await this.webhooks.get(workspaceId, webhookId);
    if (dryRun) {
      const of = { workspaceId, webhookId, ...idsIn(input, newId()) };
      return this.repository.countEnded(of, status);
    }
    if (webhook?.enabled === false) throw webhookDisabled();
    return this.jobs.make(caller, this.kind, input);
  }

  async page(job: RunningJob<Recovery>, store: StorePage): Promise<void> {
    const { workspaceId, input, cursor } = job;
    const { webhookId, status, limit } = input;
    if (webhookId !== null && !(await this.webhooks.find(workspaceId, webhookId)))
      throw webhookDeleted();
    const room = limit - (job.progress.reopened ?? 0);
    let opened: readonly string[] = [];
    const isStored = await store(async (manager) => {
      const of = { workspaceId, webhookId, ...idsIn(input, job.id) };
      const page = { after: cursor, rows: ROWS, status, room, jobId: job.id };
      const end = await this.repository.reopen(manager, of, page);
      const { last, isLast, webhookIds, ...counts } = end;
      opened = webhookIds;
      return { cursor: last, counts, isLast: isLast || counts.reopened >= room };
    });
    if (isStored) this.handoff.announce(opened);
  }
}
