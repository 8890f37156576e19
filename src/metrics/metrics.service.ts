import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import { ATTEMPT_BUCKETS, LAG_BUCKETS, WORK_BUCKETS } from './buckets.js';
import { GaugeSet, type Reading } from './gauge-set.provider.js';

/**
 * What this process counts and measures, for Prometheus. Units are in the names. No label names a workspace, a webhook
 * or an event type: their number has no bound (docs/adr/0021).
 *
 * @example this.metrics.rules.inc({ outcome: 'matched' });
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  /** result: accepted | duplicate | key_reused | refused */
  readonly published = this.counter(
    'bugle_events_published_total',
    'Events that producers sent: accepted, known already, refused.',
    ['result'],
  );
  readonly dispatched = this.counter(
    'bugle_events_dispatched_total',
    'Events whose rules were all tried and whose deliveries are stored.',
  );
  /** outcome: matched | not_matched | failed */
  readonly rules = this.counter(
    'bugle_rules_tried_total',
    'Rules that were tried on an event, by what came of it.',
    ['outcome'],
  );
  /** Labels: see `attemptLabels`. */
  readonly attempts = this.counter(
    'bugle_attempts_total',
    'Requests to receivers that have ended, by outcome, error and class of status.',
    ['outcome', 'error', 'status_class'],
  );
  /** status: delivered | retrying | exhausted */
  readonly settled = this.counter(
    'bugle_deliveries_settled_total',
    'What attempts meant for their deliveries.',
    ['status'],
  );
  /** what: events | deliveries_of_dead_workers */
  readonly rescued = this.counter(
    'bugle_sweep_rescued_total',
    'Work that had got lost on its way, found by the sweeps.',
    ['what'],
  );
  /** ended: timeout | out_of_memory | crash */
  readonly threadsEnded = this.counter(
    'bugle_evaluation_threads_ended_total',
    'Evaluation threads that a rule has ended.',
    ['ended'],
  );

  readonly firstSendLag = this.histogram(
    'bugle_first_send_lag_seconds',
    'From the acceptance of an event to the beginning of a delivery’s first request.',
    LAG_BUCKETS,
  );
  readonly deliveredLag = this.histogram(
    'bugle_delivered_lag_seconds',
    'From the acceptance of an event to the end of the request that delivered it, retries included.',
    LAG_BUCKETS,
  );
  readonly attemptDuration = this.histogram(
    'bugle_attempt_duration_seconds',
    'One request to a receiver, from look-up to the end of the answer.',
    ATTEMPT_BUCKETS,
  );
  readonly dispatchDuration = this.histogram(
    'bugle_dispatch_duration_seconds',
    'A chunk of events, from their announcement to their stored deliveries.',
    WORK_BUCKETS,
  );
  readonly evaluationDuration = this.histogram(
    'bugle_evaluation_duration_seconds',
    'Rules tried together, from the question to the outcomes, waiting for a thread included.',
    WORK_BUCKETS,
  );
  /** statement: one of the pipeline's own names */
  readonly statementDuration = this.histogram(
    'bugle_statement_duration_seconds',
    'A statement of the pipeline, from connection to rows.',
    WORK_BUCKETS,
    ['statement'],
  );
  readonly connectionWait = this.histogram(
    'bugle_connection_wait_seconds',
    'How long a statement of the pipeline waited for a connection.',
    WORK_BUCKETS,
  );

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    // What has not happened yet is 0 and not missing: the first time counts as an increase.
    for (const result of ['accepted', 'duplicate', 'key_reused', 'refused'])
      this.published.inc({ result }, 0);
    for (const outcome of ['matched', 'not_matched', 'failed']) this.rules.inc({ outcome }, 0);
    for (const status of ['delivered', 'retrying', 'exhausted']) this.settled.inc({ status }, 0);
    for (const what of ['events', 'deliveries_of_dead_workers']) this.rescued.inc({ what }, 0);
    for (const ended of ['timeout', 'out_of_memory', 'crash']) this.threadsEnded.inc({ ended }, 0);
  }

  /** Gauges that somebody sets when the metrics are asked for. */
  gauges<Source>(readings: readonly Reading<Source>[]): GaugeSet<Source> {
    return new GaugeSet(this.registry, readings);
  }

  private counter<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[] = [],
  ): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ): Histogram<Label> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }
}
