import { Injectable, type OnModuleInit } from '@nestjs/common';
import { newId } from '../../database/index.js';
import { BugleError } from '../../errors.js';
import {
  idsIn,
  type Job,
  type JobRunner,
  JobService,
  JobWorkerService,
  type RunningJob,
  type StorePage,
} from '../../jobs/index.js';
import { WebhookService } from '../../webhooks/index.js';
import type { Principal } from '../../workspaces/index.js';
import type { LoggedDelivery } from '../log/logged-delivery.js';
import { DeliveryLogService } from '../log/delivery-log.service.js';
import { type Asked, type Cancellation, cancellation, type Counted } from './recovery.js';
import { RecoveryRepository } from './recovery.repository.js';

/** Deliveries of the queue that are looked at by one page. */
const ROWS = 1_000;

/** Takes deliveries that wait out of the queue: one at once, all of a webhook as a job. */
@Injectable()
export class CancelService implements JobRunner<Cancellation>, OnModuleInit {
  readonly kind = 'deliveries.cancel';
  readonly input = cancellation;

  constructor(
    private readonly repository: RecoveryRepository,
    private readonly log: DeliveryLogService,
    private readonly webhooks: WebhookService,
    private readonly jobs: JobService,
    private readonly worker: JobWorkerService,
  ) {}

  onModuleInit(): void {
    this.worker.register(this);
  }

  /** @throws BugleError 404, 409 `delivery_in_flight`, `delivery_ended` */
  async cancelOne(workspaceId: string, id: string): Promise<LoggedDelivery> {
    await this.log.get(workspaceId, id);
    const isCancelled = await this.repository.cancelOne(id);
    const delivery = await this.log.get(workspaceId, id);
    if (!isCancelled) throw notWaiting(delivery);
    return delivery;
  }

  /** Starts it, or only counts. @throws BugleError 404, 409 `too_many_jobs` */
  async cancelAll(
    caller: Principal,
    { dryRun, ...input }: Asked<Cancellation>,
  ): Promise<Job | Counted> {
    const { workspaceId } = caller;
    const { webhookId } = input;
    await this.webhooks.get(workspaceId, webhookId);
    if (!dryRun) return this.jobs.make(caller, this.kind, input);
    const queued = { webhookId, ...idsIn(input, newId()) };
    return this.repository.countQueued(workspaceId, queued);
  }

  async page({ id, input, cursor }: RunningJob<Cancellation>, store: StorePage): Promise<void> {
    await store(async (manager) => {
      const of = { webhookId: input.webhookId, ...idsIn(input, id) };
      const page = { after: cursor, rows: ROWS };
      const { last, ...counts } = await this.repository.cancel(manager, of, page);
      return { cursor: last, counts, isLast: counts.lookedAt < ROWS };
    });
  }
}

function notWaiting({ status }: LoggedDelivery): BugleError {
  if (
    status === 'delivered' ||
    status === 'exhausted' ||
    status === 'failed' ||
    status === 'cancelled'
  ) {
    const message = `This delivery does not wait any more: it is ${status}. There is nothing to cancel.`;
    return new BugleError(409, 'delivery_ended', message);
  }
  const message =
    'This delivery is being sent at this moment. If that fails, it waits again and can be cancelled.';
  return new BugleError(409, 'delivery_in_flight', message);
}
