import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../../config/index.js';
import { Repeating } from '../../database/index.js';
import { LOGGER } from '../../logger.js';
import { Metrics } from '../../metrics/index.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';
import { DeliveryWorkerService } from './delivery-worker.service.js';
import type { Place } from './lanes.js';
import { PresenceService } from './presence.service.js';

const LOOK_FOR_DEAD_MS = 5_000;

/**
 * Finds what has come due: retries whose time has come, leases that ran out, and what dead workers held. Also
 * cancels what waits for a webhook that was deleted. Runs where deliveries are sent.
 */
@Injectable()
export class DeliverySweepService {
  private readonly looking: Repeating;
  private readonly cancelling: Repeating;
  private readonly releasing: Repeating;
  /** Webhooks that were deleted while something waited for them. */
  private gone: readonly string[] = [];

  constructor(
    private readonly queue: DeliveryQueueRepository,
    private readonly worker: DeliveryWorkerService,
    private readonly presence: PresenceService,
    @Inject(CONFIG) config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    const onError = (error: unknown) => this.logger.error({ err: error }, 'delivery.sweep_failed');
    this.looking = new Repeating(() => this.look(), config.BUGLE_SWEEP_INTERVAL_MS, onError);
    this.cancelling = new Repeating(() => this.cancel(), config.BUGLE_SWEEP_INTERVAL_MS, onError);
    this.releasing = new Repeating(() => this.releaseOfDead(), LOOK_FOR_DEAD_MS, onError);
  }

  start(): void {
    this.releasing.start();
    this.looking.start();
    this.cancelling.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.looking.stop(), this.cancelling.stop(), this.releasing.stop()]);
  }

  private async look(): Promise<void> {
    const due: Place[] = [];
    const gone: string[] = [];
    for (const { id: webhookId, workspaceId } of await this.queue.dueWebhooks()) {
      if (workspaceId === null) gone.push(webhookId);
      else due.push({ webhookId, workspaceId });
    }
    this.gone = gone;
    this.worker.look(due);
  }

  /** By itself and page by page: however much waited for a webhook that is gone, nobody else's work waits for that. */
  private async cancel(): Promise<void> {
    const { gone } = this;
    while (gone.length > 0 && gone === this.gone) {
      if (!(await this.queue.cancelSomeOf(gone))) return;
    }
  }

  private async releaseOfDead(): Promise<void> {
    const deliveries = await this.presence.releaseOfDead();
    this.metrics.rescued.inc({ what: 'deliveries_of_dead_workers' }, deliveries);
    if (deliveries > 0) this.logger.warn({ deliveries }, 'delivery.released_of_dead_worker');
  }
}
