import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../config/index.js';
import { FailureLog, firstIdAt, Repeating } from '../database/index.js';
import { LOGGER } from '../logger.js';
import { Metrics } from '../metrics/index.js';
import { Coalesced } from './coalesced.js';
import { EventLanes } from './event-lanes.js';
import { EventOutboxRepository } from './event-outbox.repository.js';
import { EventRepository } from './event.repository.js';

/** Younger events are most likely on their way: their announcement is only milliseconds old. */
const GRACE_MS = 2_000;
/** How far back to look when somebody says that events were stored just now. */
const NEW_MS = 5_000;
/** For how long an event is taken. One whose process dies, or whose rules fail, is tried again after this. */
const TAKEN_MS = 5_000;
/** Longer than most events take. */
const SLOW_MS = 1_000;
/** Pages on end without anything for this process, because the workspaces that have so many are full. */
const MAX_BARREN = 50;
const BEGINNING = firstIdAt(0);
const NAMES = { failed: 'event.sweep_failed', restored: 'event.sweep_restored' };
const KEEP_KEYS_MS = 25 * 3_600_000;
const FORGET_EVERY_MS = 60_000;
/** While Redis is away nearly every event is found by itself: a line for each would drown the others. */
const TELL_EVERY_MS = 1_000;

/**
 * Finds what an announcement missed: events that were stored but never dispatched, because a process died, a
 * hand-off was full or the database was away. Runs where events are dispatched, in any number of processes: what one takes,
 * and what it holds for long, is marked as taken for a time.
 */
@Injectable()
export class EventSweepService {
  private readonly tasks: Repeating[];
  private readonly looking: Coalesced;
  private readonly takenMs: number;
  private seen = BEGINNING;
  /** Found since the last line about it. */
  private swept = 0;
  /** Until when an event is taken by us, on the monotonic clock. */
  private readonly taken = new Map<string, number>();

  constructor(
    private readonly events: EventRepository,
    private readonly outbox: EventOutboxRepository,
    private readonly lanes: EventLanes,
    @Inject(CONFIG) config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    const log = () => new FailureLog(logger, NAMES);
    this.takenMs = Math.min(TAKEN_MS, config.BUGLE_LEASE_MS);
    this.tasks = [
      Repeating.patient(() => this.sweep(), config.BUGLE_SWEEP_INTERVAL_MS, log()),
      Repeating.patient(() => this.keepHeld(), this.takenMs / 10, log()),
      Repeating.patient(() => this.forgetOldKeys(), FORGET_EVERY_MS, log()),
      Repeating.patient(() => this.tellOfSwept(), TELL_EVERY_MS, log()),
    ];
    const looks = log();
    this.looking = new Coalesced(
      () => this.lookAtNew().then(() => looks.worked()),
      (error) => looks.failed(error),
    );
  }

  start(): void {
    for (const task of this.tasks) task.start();
    this.outbox
      .whenTold(() => this.looking.want())
      .catch((error: unknown) => this.logger.warn({ err: error }, 'event.not_listening'));
  }

  /** The lanes are closed by now. What is left in them is for others, at once. */
  async stop(): Promise<void> {
    await Promise.all([this.looking.close(), ...this.tasks.map((task) => task.stop())]);
    await this.tellOfSwept();
    await this.outbox.keep([...this.taken.keys()], 0).catch((error: unknown) => {
      this.logger.warn({ err: error }, 'event.hand_back_failed');
    });
  }

  /**
   * Page after page while there is more and the lanes have room for it. It goes on where it was, so that events which fail
   * again and again, or wait for a full lane, do not hide those behind them. Events of the future come from a process
   * whose clock is ahead of ours: they would not grow old here for as long.
   */
  private async sweep(): Promise<void> {
    await this.takeAll(firstIdAt(Date.now() + NEW_MS), Infinity);
    for (let barren = 0; barren < MAX_BARREN;) {
      const page = await this.takeFrom(this.seen, Date.now() - GRACE_MS);
      this.seen = page?.next ?? BEGINNING;
      if (page?.next === undefined) return;
      barren = page.found > 0 ? 0 : barren + 1;
    }
  }

  /** Only what is young: it must not wait behind a backlog. */
  private lookAtNew(): Promise<void> {
    return this.takeAll(firstIdAt(Date.now() - NEW_MS), Date.now() + NEW_MS);
  }

  private async takeAll(from: string, before: number): Promise<void> {
    let after: string | undefined = from;
    while (after !== undefined) after = (await this.takeFrom(after, before))?.next;
  }

  /** Undefined when the lanes are closed. */
  private async takeFrom(
    after: string,
    before: number,
  ): Promise<{ found: number; next: string | undefined } | undefined> {
    await this.lanes.room();
    if (!this.lanes.isOpen) return undefined;
    const takenUntil = performance.now() + this.takenMs;
    const notOf = this.lanes.fullWorkspaces();
    const { events, next } = await this.outbox.take({ before, after, notOf, forMs: this.takenMs });
    for (const { id } of events) this.taken.set(id, takenUntil);
    const lost = events.filter((event) => !this.lanes.holds(event.id));
    this.swept += lost.length;
    this.metrics.rescued.inc({ what: 'events' }, lost.length);
    this.lanes.add(lost);
    return { found: events.length, next };
  }

  private tellOfSwept(): Promise<void> {
    if (this.swept > 0) this.logger.info({ events: this.swept }, 'event.swept');
    this.swept = 0;
    return Promise.resolve();
  }

  /** What waits here for long would otherwise be taken for lost by others. */
  private async keepHeld(): Promise<void> {
    const now = performance.now();
    for (const [id, until] of this.taken) if (until < now) this.taken.delete(id);
    const ids = this.lanes
      .heldSince(now - Math.min(SLOW_MS, this.takenMs / 5))
      .filter((id) => (this.taken.get(id) ?? 0) < now + this.takenMs / 2);
    await this.outbox.keep(ids, this.takenMs);
    for (const id of ids) this.taken.set(id, now + this.takenMs);
  }

  private async forgetOldKeys(): Promise<void> {
    while (await this.events.forgetKeys(KEEP_KEYS_MS));
  }
}
