import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../../config/index.js';
import { FailureLog, Repeating } from '../../database/index.js';
import { LOGGER } from '../../logger.js';
import { Metrics } from '../../metrics/index.js';
import { DeliveryWorkerService } from './delivery-worker.service.js';
import type { Place } from './lanes.js';
import { type OrderedWebhook, PlaceWalks } from './place-walks.js';
import { PresenceService } from './presence.service.js';
import { QueueUpkeepRepository } from './queue-upkeep.repository.js';

const LOOK_FOR_DEAD_MS = 5_000;

/**
 * Finds what has come due: retries whose time has come, leases that ran out, and what dead workers held. Also
 * cancels what waits for a webhook that was deleted, and gives a place to what was queued before its webhook became
 * ordered. Runs where deliveries are sent.
 */
@Injectable()
export class DeliverySweepService {
  private readonly looking: Repeating;
  private readonly cancelling: Repeating;
  private readonly placing: Repeating;
  private readonly releasing: Repeating;
  /** Webhooks that were deleted while something waited for them. */
  private gone: readonly string[] = [];
  /** Ordered webhooks for which something is due. */
  private ordered: readonly OrderedWebhook[] = [];
  private readonly walks: PlaceWalks;

  constructor(
    @Inject(QueueUpkeepRepository)
    private readonly queue: Pick<
      QueueUpkeepRepository,
      'dueWebhooks' | 'cancelSomeOf' | 'givePlacesTo'
    >,
    @Inject(DeliveryWorkerService) private readonly worker: Pick<DeliveryWorkerService, 'look'>,
    @Inject(PresenceService) private readonly presence: Pick<PresenceService, 'releaseOfDead'>,
    @Inject(CONFIG) config: Pick<Config, 'BUGLE_SWEEP_INTERVAL_MS'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    const { BUGLE_SWEEP_INTERVAL_MS: everyMs } = config;
    this.walks = new PlaceWalks(
      (webhookId, after) => queue.givePlacesTo(webhookId, after),
      () => performance.now(),
    );
    const names = { failed: 'delivery.sweep_failed', restored: 'delivery.sweep_restored' };
    const log = () => new FailureLog(logger, names);
    this.looking = Repeating.patient(() => this.look(), everyMs, log());
    this.cancelling = Repeating.patient(() => this.cancel(), everyMs, log());
    this.placing = Repeating.patient(() => this.walks.walk(() => this.ordered), everyMs, log());
    this.releasing = Repeating.patient(() => this.releaseOfDead(), LOOK_FOR_DEAD_MS, log());
  }

  start(): void {
    this.releasing.start();
    this.looking.start();
    this.cancelling.start();
    this.placing.start();
  }

  /** What goes page by page ends with the page that is under way. */
  async stop(): Promise<void> {
    this.gone = [];
    this.walks.stop();
    const all = [this.looking, this.cancelling, this.placing, this.releasing];
    await Promise.all(all.map((each) => each.stop()));
  }

  private async look(): Promise<void> {
    const due: Place[] = [];
    const gone: string[] = [];
    const ordered: OrderedWebhook[] = [];
    for (const { id: webhookId, workspaceId, orderedRevision } of await this.queue.dueWebhooks()) {
      if (orderedRevision !== null) ordered.push({ id: webhookId, revision: orderedRevision });
      if (workspaceId === null) gone.push(webhookId);
      else due.push({ webhookId, workspaceId });
    }
    this.gone = gone;
    this.ordered = ordered;
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
