import type { Pool } from 'undici';

interface Entry {
  pool: Pool;
  usedSinceSweep: boolean;
  sweeps: number;
}

const OLDEST_SWEEPS = 5;

/**
 * One pool of keep-alive connections for each origin (scheme, host, port), at most `maxOrigins` of them: the one
 * that was not used for longest makes room. A pool that has to go finishes what it has begun.
 */
export class OriginPools {
  private readonly entries = new Map<string, Entry>();
  private readonly retired = new Set<Pool>();

  constructor(
    private readonly open: (origin: string) => Pool,
    private readonly maxOrigins: number,
  ) {}

  /** How many origins have a pool now. */
  get size(): number {
    return this.entries.size;
  }

  /** The pool of this origin. */
  for(origin: string): Pool {
    const entry = this.entries.get(origin) ?? this.newEntry(origin);
    entry.usedSinceSweep = true;
    // Set anew so that the map stays in the order of last use.
    this.entries.delete(origin);
    this.entries.set(origin, entry);
    if (this.entries.size > this.maxOrigins) this.retireOldest();
    return entry.pool;
  }

  /**
   * Closes the pools that nobody used since the last call, and at the fifth call also those that are in use: the next
   * request connects anew, so the name is looked up and judged anew.
   */
  sweep(): void {
    for (const [origin, entry] of this.entries) {
      entry.sweeps += 1;
      if (!entry.usedSinceSweep || entry.sweeps >= OLDEST_SWEEPS) this.retire(origin, entry);
      entry.usedSinceSweep = false;
    }
  }

  /** Closes every connection at once; requests on their way fail. */
  async destroy(): Promise<void> {
    const pools = [...[...this.entries.values()].map(({ pool }) => pool), ...this.retired];
    this.entries.clear();
    this.retired.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  private newEntry(origin: string): Entry {
    return { pool: this.open(origin), usedSinceSweep: true, sweeps: 0 };
  }

  private retireOldest(): void {
    for (const [origin, entry] of this.entries) {
      this.retire(origin, entry);
      return;
    }
  }

  private retire(origin: string, { pool }: Entry): void {
    this.entries.delete(origin);
    this.retired.add(pool);
    pool.close(() => this.retired.delete(pool));
  }
}
