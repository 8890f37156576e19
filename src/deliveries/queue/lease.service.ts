import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../../config/index.js';
import { FailureLog, Repeating } from '../../database/index.js';
import { LOGGER } from '../../logger.js';
import { DeliveryQueueRepository, type Lease } from './delivery-queue.repository.js';
import { Leases, type LeaseTerms, leaseTerms } from './leases.js';

/** A lease that a statement takes which is sent now. */
export interface NewLease extends Lease {
  /** By performance.now(). */
  since: number;
}

/** Looks within one lease: how often renewing can fail before anybody notices. */
const LOOKS = 6;
const LONGEST_WAIT_MS = 1_000;

/**
 * Keeps what this worker holds its own: one statement renews all leases of which a third has passed. By the worker's own
 * clock, which is never set, each lease ends no later than it does in the database; so a worker that was cut off from
 * the database, or stopped for a while, knows what may be another's by now.
 */
@Injectable()
export class LeaseService {
  private readonly terms: LeaseTerms;
  private readonly leases: Leases;
  private readonly renewing: Repeating;
  private holder = 0;
  private onRenewed: (lost: ReadonlySet<string>) => void = () => undefined;

  constructor(
    private readonly queue: DeliveryQueueRepository,
    @Inject(CONFIG) config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.terms = leaseTerms(config);
    this.leases = new Leases(this.terms);
    const log = new FailureLog(logger, {
      failed: 'delivery.leases_not_renewed',
      restored: 'delivery.leases_renewed',
    });
    // Without patience: a lease does not wait.
    this.renewing = new Repeating(
      () => this.renew(),
      Math.min(LONGEST_WAIT_MS, this.terms.leaseMs / LOOKS),
      { failed: (error) => log.failed(error), worked: () => log.worked() },
    );
  }

  /** From now on leases are this holder's. The handler is called after each good look, with the deliveries that were lost. */
  start(holder: number, onRenewed: (lost: ReadonlySet<string>) => void): void {
    this.holder = holder;
    this.onRenewed = onRenewed;
    this.renewing.start();
  }

  async stop(): Promise<void> {
    await this.renewing.stop();
  }

  /** To be asked for right before the statement that takes something under it. */
  lease(): NewLease {
    return { holder: this.holder, leaseMs: this.terms.leaseMs, since: performance.now() };
  }

  /** Notes what was taken under a lease. */
  hold(deliveries: readonly { id: string }[], { since }: NewLease): void {
    for (const { id } of deliveries) this.leases.hold(id, since);
  }

  release(id: string): void {
    this.leases.release(id);
  }

  /** False when somebody else has it by now. */
  has(id: string): boolean {
    return this.leases.has(id);
  }

  /** Whether a request may begin now. */
  covers(id: string): boolean {
    return this.leases.covers(id, performance.now());
  }

  /** False while renewing has failed for too long, or this process stood still: what it holds may be another's. */
  areFresh(): boolean {
    return this.leases.areFresh(performance.now());
  }

  private async renew(): Promise<void> {
    const lease = this.lease();
    const asked = this.leases.waning(lease.since);
    if (asked.size === 0) return this.onRenewed(new Set());
    const kept = await this.queue.renew([...asked.keys()], lease);
    const lost = this.leases.renewed(asked, kept, lease.since);
    if (lost.size > 0) this.logger.warn({ deliveries: lost.size }, 'delivery.leases_lost');
    this.onRenewed(lost);
  }
}
