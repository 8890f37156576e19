import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { answerWithin, Statements } from '../database/index.js';
import { LOGGER } from '../logger.js';
import { type GaugeSet, Metrics, type Reading } from '../metrics/index.js';
import type { Backlog } from './backlog.js';
import { BacklogRepository } from './backlog.repository.js';
import { backlogReadings } from './backlog-readings.js';
import { processReadings, type ProcessState, redisReading } from './process-readings.js';
import { ProcessStateService } from './process-state.service.js';

/** Several scrapers, or an impatient one, are answered from one question. */
const FRESH_MS = 1_000;
/** The page does not wait longer for the database. */
const PATIENCE_MS = 1_500;

const DATABASE_UP: Reading<boolean> = {
  name: 'bugle_database_up',
  help: 'Whether the database has answered in time when this page was made, and takes writes.',
  read: Number,
};

/** The page that Prometheus reads. Without the database it has what this process knows by itself. */
@Injectable()
export class MetricsPageService {
  private readonly backlogGauges: GaugeSet<Backlog>;
  private readonly upGauge: GaugeSet<boolean>;
  private readonly processGauges: GaugeSet<ProcessState>;
  private readonly redisGauges: GaugeSet<Readonly<Record<string, number>>>;
  private asking: Promise<Backlog | undefined> | undefined;
  private askedAt = -Infinity;

  constructor(
    private readonly metrics: Metrics,
    private readonly backlog: BacklogRepository,
    private readonly state: ProcessStateService,
    statements: Statements,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.backlogGauges = metrics.gauges(backlogReadings);
    this.upGauge = metrics.gauges([DATABASE_UP]);
    this.processGauges = metrics.gauges(processReadings);
    this.redisGauges = metrics.gauges([redisReading]);
    statements.time(({ name, waitMs, ms }) => {
      metrics.statementDuration.observe({ statement: name }, ms / 1000);
      metrics.connectionWait.observe(waitMs / 1000);
    });
  }

  /** In the text format of Prometheus. */
  async text(): Promise<string> {
    const [backlog, jobs] = await Promise.all([
      inTime(this.freshBacklog()),
      inTime(this.state.redisJobs()),
    ]);
    this.upGauge.set(backlog?.isWritable === true);
    show(this.backlogGauges, backlog);
    show(this.redisGauges, jobs);
    this.processGauges.set(this.state.read());
    return this.metrics.registry.metrics();
  }

  /** One question at a time, and none while the last answer is fresh. Undefined while the database is away. */
  private freshBacklog(): Promise<Backlog | undefined> {
    if (this.asking && performance.now() - this.askedAt < FRESH_MS) return this.asking;
    this.askedAt = Infinity;
    this.asking = this.backlog
      .read()
      .catch((error: unknown) => {
        this.logger.warn({ err: error }, 'metrics.database_away');
        return undefined;
      })
      .finally(() => (this.askedAt = performance.now()));
    return this.asking;
  }
}

/** What is not known is absent: neither 0 nor old. */
function show<Source>(gauges: GaugeSet<Source>, source: Source | undefined): void {
  if (source === undefined) gauges.forget();
  else gauges.set(source);
}

function inTime<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  return answerWithin(PATIENCE_MS, asked).catch(() => undefined);
}
