import { LruCache } from '../../lru-cache.js';
import type { Outcome } from '../sending/index.js';

/** What the end of a request says about how much its target can take. */
export type Pressure = 'ok' | 'overloaded' | 'neutral';

/** How many requests a target is trusted with at once. */
export interface Pace {
  /** At least 1; its whole part counts. */
  width: number;
  /** Requests that began before it was narrowed and have not ended: how they end says nothing new. */
  outdated: number;
}

/** For a target that has not shown yet that it works again. */
const CAREFUL: Pace = { width: 1, outdated: 0 };

/** Too many requests, or something in front of the target that waits for it in vain. */
const OVERLOADED = [429, 502, 503, 504];

/** Other failures, such as 400 or a refused connection, would not be cured by asking less often. */
export function pressureOf(outcome: Outcome): Pressure {
  switch (outcome.kind) {
    case 'delivered':
      return 'ok';
    case 'rejected':
      return OVERLOADED.includes(outcome.statusCode) ? 'overloaded' : 'neutral';
    case 'unreachable':
      return /^(connect_)?timeout$/.test(outcome.error.code) ? 'overloaded' : 'neutral';
  }
}

/** What surrounds a request that ends. */
export interface Surroundings {
  /** The widest that a pace may be. */
  most: number;
  /** Other requests to the target that are still under way. */
  underWay: number;
}

/**
 * Half as wide when the target is overloaded, once for all requests that were under way together; with successes wider by
 * one for each round of them.
 */
export function paceAfter(pace: Pace, pressure: Pressure, { most, underWay }: Surroundings): Pace {
  const { width, outdated } = pace;
  if (outdated > 0) return { width, outdated: outdated - 1 };
  switch (pressure) {
    case 'overloaded':
      return { width: Math.max(1, width / 2), outdated: underWay };
    case 'ok':
      return { width: Math.min(most, width + 1 / width), outdated };
    case 'neutral':
      return pace;
  }
}

/** Targets whose pace is kept: those of webhooks that were deleted make room for others. */
const MAX_NARROWED = 10_000;

/** The paces of all targets that are not trusted with as much as there may be. */
export class Paces {
  private readonly narrowed = new LruCache<Pace>(MAX_NARROWED, () => 1);

  constructor(private readonly most: number) {}

  /** Requests that may be under way at once. */
  widthOf(webhookId: string): number {
    return Math.floor(this.narrowed.get(webhookId)?.width ?? this.most);
  }

  /** A request has ended, with so many others still under way. */
  adjust(webhookId: string, pressure: Pressure, underWay: number): void {
    const { most } = this;
    const pace = this.narrowed.get(webhookId) ?? { width: most, outdated: 0 };
    const next = paceAfter(pace, pressure, { most, underWay });
    if (next.width < most || next.outdated > 0) this.narrowed.set(webhookId, next);
    else this.narrowed.delete(webhookId);
  }

  /** One at a time, until it is seen that more is welcome. */
  slowDown(webhookId: string): void {
    this.narrowed.set(webhookId, CAREFUL);
  }
}
