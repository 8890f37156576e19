import { Injectable } from '@nestjs/common';
import { DatabaseSession } from '../database/index.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';

/** First of the two keys of the advisory locks by which workers show that they live: "bugl" in ASCII. */
const LOCK_SPACE = 0x6275676c;

/**
 * Shows other processes that this worker lives: its number is locked in the database for as long as its connection
 * holds. What a worker held whose lock is gone is due again at once, without waiting for the lease to run out.
 */
@Injectable()
export class PresenceService {
  private number: number | undefined;

  constructor(
    private readonly queue: DeliveryQueueRepository,
    private readonly session: DatabaseSession,
  ) {}

  /** This worker's number. */
  async appear(): Promise<number> {
    if (this.number !== undefined) return this.number;
    const holder = await this.queue.newHolder();
    await this.session.onConnect(async (client) => {
      // Shared: after a lost connection the server may not have noticed yet, and an exclusive lock would wait for it.
      await client.query('SELECT pg_advisory_lock_shared($1, $2)', [LOCK_SPACE, holder]);
    });
    this.number = holder;
    return holder;
  }

  /** Makes due what dead workers held. Answers how many deliveries. */
  releaseOfDead(): Promise<number> {
    return this.queue.releaseOfDead(LOCK_SPACE);
  }
}
