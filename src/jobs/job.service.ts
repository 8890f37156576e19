import { Injectable } from '@nestjs/common';
import { newId } from '../database/index.js';
import { BugleError, notFound } from '../errors.js';
import type { JsonObject } from '../json.js';
import type { Principal } from '../workspaces/index.js';
import type { Job } from './job.js';
import { JobRepository } from './job.repository.js';

/** Jobs of one workspace that run at the same time. They take turns: more would only wait. */
const MAX_RUNNING = 20;

/** Makes, shows and cancels jobs. */
@Injectable()
export class JobService {
  constructor(private readonly jobs: JobRepository) {}

  /**
   * A job that begins within a second, on any worker. Asked for twice while it runs, it is one.
   * @throws BugleError 409 `too_many_jobs`
   */
  async make({ workspaceId, keyId }: Principal, kind: string, input: JsonObject): Promise<Job> {
    const made = { id: newId(), workspaceId, kind, input, createdBy: keyId };
    const job = await this.jobs.make(made, MAX_RUNNING);
    if (job) return job;
    const message = `A workspace has at most ${MAX_RUNNING} jobs that run. Wait for one to end, or cancel one.`;
    throw new BugleError(409, 'too_many_jobs', message);
  }

  /** Newest first, one row more than the limit. */
  list(workspaceId: string, limit: number, before?: string): Promise<Job[]> {
    return this.jobs.list(workspaceId, limit, before);
  }

  /** @throws BugleError 404 */
  async get(workspaceId: string, id: string): Promise<Job> {
    const job = await this.jobs.get(workspaceId, id);
    if (!job) throw notFound('job', id);
    return job;
  }

  /** What it has done stays done. @throws BugleError 404, 409 `job_ended` */
  async cancel(workspaceId: string, id: string): Promise<Job> {
    await this.refuseEnded(workspaceId, id);
    await this.jobs.cancel(id);
    return this.get(workspaceId, id);
  }

  private async refuseEnded(workspaceId: string, id: string): Promise<void> {
    const { status } = await this.get(workspaceId, id);
    if (status === 'running') return;
    const message = `This job has ended: it is ${status}. There is nothing left to cancel.`;
    throw new BugleError(409, 'job_ended', message);
  }
}
