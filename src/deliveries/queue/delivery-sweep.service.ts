import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../../config/index.js';
import { FailureLog, Repeating } from '../../database/index.js';
import { LOGGER } from '../../logger.js';
import { Metrics } from '../../metrics/index.js';
import { DeliveryWorkerService } from './delivery-worker.service.js';
import type { Place } from './lanes.js';
import { PresenceService } from './presence.service.js';
import { QueueUpkeepRepository } from './queue-upkeep.repository.js';

const LOOK_FOR_DEAD_MS = 5_000;
/** What was queued before its webhook became ordered is looked for as soon as that is seen, and now and then for latecomers. */
const GIVE_PLACES_AGAIN_MS = 10_000;

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
  private ordered: readonly string[] = [];
  /** Those that were looked through, each until when that is enough, by performance.now(). */
  private readonly placed = new Map<string, number>();

  constructor(
    private readonly queue: QueueUpkeepRepository,
    private readonly worker: DeliveryWorkerService,
    private readonly presence: PresenceService,
    @Inject(CONFIG) config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    const { BUGLE_SWEEP_INTERVAL_MS: everyMs } = config;
    const names = { failed: 'delivery.sweep_failed', restored: 'delivery.sweep_restored' };
    const log = () => new FailureLog(logger, names);
    this.looking = Repeating.patient(() => this.look(), everyMs, log());
    this.cancelling = Repeating.patient(() => this.cancel(), everyMs, log());
    this.placing = Repeating.patient(() => this.givePlaces(), everyMs, log());
    this.releasing = Repeating.patient(() => this.releaseOfDead(), LOOK_FOR_DEAD_MS, log());
  }

  start(): void {
    this.releasing.start();
    this.looking.start();
    this.cancelling.start();
    this.placing.start();
  }

  async stop(): Promise<void> {
    const all = [this.looking, this.cancelling, this.placing, this.releasing];
    await Promise.all(all.map((each) => each.stop()));
  }

  private async look(): Promise<void> {
    const due: Place[] = [];
    const gone: string[] = [];
    const ordered: string[] = [];
    for (const { id: webhookId, workspaceId, isOrdered } of await this.queue.dueWebhooks()) {
      if (isOrdered) ordered.push(webhookId);
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

  private async givePlaces(): Promise<void> {
    const now = performance.now();
    for (const [webhookId, until] of this.placed) if (until <= now) this.placed.delete(webhookId);
    const ordered = this.ordered.filter((webhookId) => !this.placed.has(webhookId));
    if (ordered.length === 0) return;
    while (await this.queue.givePlacesTo(ordered));
    for (const webhookId of ordered) this.placed.set(webhookId, now + GIVE_PLACES_AGAIN_MS);
  }

  private async releaseOfDead(): Promise<void> {
    const deliveries = await this.presence.releaseOfDead();
    this.metrics.rescued.inc({ what: 'deliveries_of_dead_workers' }, deliveries);
    if (deliveries > 0) this.logger.warn({ deliveries }, 'delivery.released_of_dead_worker');
  }
}
