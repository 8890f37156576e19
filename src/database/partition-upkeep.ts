import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { ensurePartitions } from './partitions.js';
import { Repeating } from './repeating.js';
import { type DayFate, dropOldDays } from './retention.js';

const HOUR = 3_600_000;

/** Every hour: makes the partitions of the days to come, and drops those of the days that are over. */
export class PartitionUpkeep {
  private readonly making: Repeating;
  private readonly dropping: Repeating;
  private readonly stopping = new AbortController();

  constructor(
    private readonly dataSource: DataSource,
    private readonly logger: Logger,
    /** Undefined where nothing is dropped: one kind of process does it. */
    private readonly keepDays: number | undefined,
  ) {
    this.making = new Repeating(() => ensurePartitions(dataSource, Date.now()), HOUR, {
      failed: (error) => logger.error({ err: error }, 'database.partitions_failed'),
    });
    this.dropping = new Repeating(() => this.drop(), HOUR, {
      failed: (error) => logger.error({ err: error }, 'retention.failed'),
    });
  }

  /** The first run starts at once. */
  start(): void {
    this.making.start();
    this.dropping.start();
  }

  /** A day that is being dropped is dropped to its end. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.making.stop(), this.dropping.stop()]);
  }

  private async drop(): Promise<void> {
    if (this.keepDays === undefined) return;
    await dropOldDays(
      this.dataSource,
      { keepDays: this.keepDays, now: Date.now() },
      { onDay: (day) => this.tell(day), signal: this.stopping.signal },
    );
  }

  private tell({ day, rows, bytes, fate }: DayFate): void {
    const line = { day, rows, bytes };
    switch (fate.kind) {
      case 'over':
        return this.logger.info({ ...line, ms: fate.ms }, 'retention.day_dropped');
      case 'waiting':
        return this.logger.warn({ ...line, ...fate.waiting }, 'retention.day_kept');
      case 'busy':
        return this.logger.warn(line, 'retention.day_postponed');
      case 'young':
        return undefined;
    }
  }
}
