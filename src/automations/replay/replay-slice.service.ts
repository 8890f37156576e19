import { Injectable } from '@nestjs/common';
import { derivedId } from '../../database/index.js';
import {
  DeliveryIntakeService,
  DeliveryLogRepository,
  type NewDelivery,
} from '../../deliveries/index.js';
import type { StoredEvent } from '../../event-bus/index.js';
import { EvaluationService, type Trial } from '../evaluation/index.js';
import { WebhookHealthService } from '../../webhooks/index.js';
import { deliveriesOf, stoppedRules } from '../new-deliveries.js';
import type { WorkspaceRules } from '../rules/rule-book.service.js';
import { StrikeService } from '../strike.service.js';

/** Whose rules, and whether to send what they make. */
export interface SliceOptions {
  rules: WorkspaceRules;
  webhookId: string;
  /** The job that somebody asked for. */
  jobId: string;
  dryRun: boolean;
  /** Deliveries that may be made. */
  room: number;
}

/** What has come of some events. Deliveries, not events. */
export interface SliceCounts {
  /** Made before: left as they are. */
  existing: number;
  /** Made, or to be made. */
  made: number;
  /** Could not be rendered. */
  failed: number;
}

/** Rules that are tried together: their bodies are in memory at once. */
const TRIALS_AT_ONCE = 50;

/** Gives events to the rules of one webhook, as the dispatcher does to all. */
@Injectable()
export class ReplaySliceService {
  constructor(
    private readonly log: DeliveryLogRepository,
    private readonly evaluations: EvaluationService,
    private readonly deliveries: DeliveryIntakeService,
    private readonly strikes: StrikeService,
    private readonly health: WebhookHealthService,
  ) {}

  /** Events of one workspace, in the order in which they are to be sent. */
  async replay(events: readonly StoredEvent[], options: SliceOptions): Promise<SliceCounts> {
    const counts = { existing: 0, made: 0, failed: 0 };
    const trials = trialsOf(events, options);
    for (let from = 0; from < trials.length; from += TRIALS_AT_ONCE) {
      const room = options.room - counts.made;
      const slice = trials.slice(from, from + TRIALS_AT_ONCE);
      const part = await this.replayPart(slice, { ...options, room });
      counts.existing += part.existing;
      counts.made += part.made;
      counts.failed += part.failed;
    }
    return counts;
  }

  private async replayPart(
    trials: readonly Trial[],
    { webhookId, jobId, dryRun, room }: SliceOptions,
  ): Promise<SliceCounts> {
    const { fresh, existing } = await this.withoutRendered(trials);
    const deliveries = await this.try(fresh, dryRun);
    const rendered = deliveries.filter(isRendered).slice(0, room);
    const failed = deliveries.filter((delivery) => !isRendered(delivery));
    // Before they are there: whoever is told of them finds that they may go.
    if (!dryRun && rendered.length > 0) await this.health.endHold(webhookId, jobId);
    // What could not be rendered then, and can be now, takes the place of its failure.
    if (!dryRun) await this.deliveries.enqueue([], [...rendered, ...failed]);
    return { existing, made: rendered.length, failed: failed.length };
  }

  private async withoutRendered(trials: readonly Trial[]) {
    const [first] = trials;
    if (!first) return { fresh: [], existing: 0 };
    const ids = trials.map(({ deliveryId }) => deliveryId);
    const rendered = await this.log.rendered(first.workspace.id, ids);
    const fresh = trials.filter(({ deliveryId }) => !rendered.has(deliveryId));
    return { fresh, existing: rendered.size };
  }

  private async try(trials: readonly Trial[], dryRun: boolean): Promise<NewDelivery[]> {
    const [first] = trials;
    if (!first) return [];
    const outcomes = await this.evaluations.evaluateAll(first.workspace.id, trials);
    if (!dryRun) await this.strikes.count(stoppedRules(trials, outcomes));
    return deliveriesOf(trials, outcomes);
  }
}

function trialsOf(events: readonly StoredEvent[], { rules, webhookId }: SliceOptions): Trial[] {
  const now = new Date().toISOString();
  return events.flatMap((event) =>
    rules
      .matching(event)
      .filter(({ webhook }) => webhook.id === webhookId)
      .map((rule) => {
        const deliveryId = derivedId(event.id, rule.id);
        return { rule, event, workspace: rules.workspace, now, deliveryId };
      }),
  );
}

function isRendered({ rendered }: NewDelivery): boolean {
  return 'body' in rendered;
}
