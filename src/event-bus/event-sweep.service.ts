import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../config/index.js';
import { firstIdAt, Repeating } from '../database/index.js';
import { LOGGER } from '../logger.js';
import { EventHandoff } from './event-handoff.js';
import { EventRepository } from './event.repository.js';

/** Younger events are most likely on their way: their announcement is only milliseconds old. */
const GRACE_MS = 2_000;
const PAGE = 500;
const BEGINNING = firstIdAt(0);
const KEEP_KEYS_MS = 25 * 3_600_000;
const FORGET_EVERY_MS = 60_000;

/**
 * Finds what an announcement missed: events that were stored but never dispatched, because a process died, a
 * hand-off was full or the database was away. Runs where events are dispatched.
 */
@Injectable()
export class EventSweepService {
  private readonly sweeping: Repeating;
  private readonly forgetting: Repeating;
  private seen = BEGINNING;

  constructor(
    private readonly events: EventRepository,
    private readonly handoff: EventHandoff,
    @Inject(CONFIG) config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const onError = (error: unknown) => this.logger.error({ err: error }, 'event.sweep_failed');
    this.sweeping = new Repeating(() => this.sweep(), config.BUGLE_SWEEP_INTERVAL_MS, onError);
    this.forgetting = new Repeating(() => this.forgetOldKeys(), FORGET_EVERY_MS, onError);
  }

  start(): void {
    this.sweeping.start();
    this.forgetting.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.sweeping.stop(), this.forgetting.stop()]);
  }

  /** Goes on from page to page, so that events which fail again and again do not hide those behind them. */
  private async sweep(): Promise<void> {
    const before = Date.now() - GRACE_MS;
    const { events, isLast } = await this.events.undispatched(before, this.seen, PAGE);
    this.seen = isLast ? BEGINNING : (events.at(-1)?.id ?? BEGINNING);
    const lost = events.filter((event) => !this.handoff.holds(event.id));
    if (lost.length === 0) return;
    this.logger.info({ events: lost.length }, 'event.swept');
    this.handoff.announce(lost);
  }

  private async forgetOldKeys(): Promise<void> {
    while (await this.events.forgetKeys(KEEP_KEYS_MS));
  }
}
