import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DatabaseSession } from '../../database/index.js';
import { QueueUpkeepRepository } from './queue-upkeep.repository.js';

/**
 * Shows other processes that this worker lives: its number is locked in the database for as long as its connection
 * holds. What a worker held whose lock is gone is due again soon, without waiting for the lease to run out.
 */
@Injectable()
export class PresenceService {
  private number: number | undefined;
  private readonly lockSpace: number;
  /** Who had no lock at the last look; undefined before the first. */
  private suspects: ReadonlySet<number> | undefined;

  constructor(
    private readonly queue: QueueUpkeepRepository,
    private readonly session: DatabaseSession,
  ) {
    this.lockSpace = lockSpaceOf(session.schema);
  }

  /** This worker's number. */
  async appear(): Promise<number> {
    if (this.number !== undefined) return this.number;
    const holder = await this.queue.newHolder();
    await this.session.onConnect(async (client) => {
      // Shared: after a lost connection the server may not have noticed yet, and an exclusive lock would wait for it.
      await client.query('SELECT pg_advisory_lock_shared($1, $2)', [this.lockSpace, holder]);
    });
    this.number = holder;
    return holder;
  }

  /**
   * Makes due what dead workers held, and answers how many deliveries. To be called every few seconds: a living
   * worker may be between two connections, so only who has no lock at two looks in a row counts as dead. The first look
   * of a process decides alone: what a killed one has left must not wait, and the worst is a request sent twice.
   */
  async releaseOfDead(): Promise<number> {
    const before = this.suspects;
    // Should this look fail, the next one has none before it to agree with.
    this.suspects = new Set();
    const holders = await this.queue.holdersWithoutLock(this.lockSpace);
    const others = holders.filter((holder) => holder !== this.number);
    this.suspects = new Set(others);
    const dead = before ? others.filter((holder) => before.has(holder)) : others;
    return dead.length > 0 ? this.queue.releaseOfDead(dead) : 0;
  }
}

/**
 * First of the two keys of the advisory locks by which workers show that they live. Locks belong to the whole database:
 * the schema keeps two installations apart. Below 2^31, so that it is the same number in `pg_locks`.
 */
export function lockSpaceOf(schema: string): number {
  return createHash('sha256').update(`bugle workers of ${schema}`).digest().readUInt32BE() >>> 1;
}
