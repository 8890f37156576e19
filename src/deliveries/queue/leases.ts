/** What a lease has to be good for. */
export interface LeaseTerms {
  /** From the moment before the statement that takes or renews it is sent. */
  leaseMs: number;
  /** What has to be left of it when a request begins. */
  neededMs: number;
}

/** What is asked to be renewed: ids, and until when each was known to be held. */
export type Renewal = ReadonlyMap<string, number>;

/** Between the last look at a lease and the last byte of a request that took as long as it may. */
const MARGIN_MS = 500;

/**
 * The terms of all leases. One is renewed when a third of it has passed, and looked at six times while it lasts: half of it is
 * left whenever all is well, and that has to be enough for an attempt.
 */
export function leaseTerms(settings: {
  BUGLE_LEASE_MS: number;
  BUGLE_ATTEMPT_TIMEOUT_MS: number;
}): LeaseTerms {
  const neededMs = settings.BUGLE_ATTEMPT_TIMEOUT_MS + MARGIN_MS;
  return { leaseMs: Math.max(settings.BUGLE_LEASE_MS, 2 * neededMs), neededMs };
}

/** What a worker holds, and until when. All times are milliseconds of one clock that is never set, such as performance.now(). */
export class Leases {
  /** By delivery; what runs out first comes first. */
  private readonly ends = new Map<string, number>();

  constructor(private readonly terms: LeaseTerms) {}

  /** Notes what was taken, or renewed, by a statement that was sent at this time. */
  hold(id: string, since: number): void {
    this.ends.delete(id);
    this.ends.set(id, since + this.terms.leaseMs);
  }

  release(id: string): void {
    this.ends.delete(id);
  }

  /** False once it was lost, or released. */
  has(id: string): boolean {
    return this.ends.has(id);
  }

  /** Whether a request may begin now: nobody else takes the delivery before it has ended. */
  covers(id: string, now: number): boolean {
    return this.isEnough(this.ends.get(id) ?? 0, now);
  }

  /** Whether none has been left unrenewed for too long. */
  areFresh(now: number): boolean {
    const [first] = this.ends.values();
    return first === undefined || this.isEnough(first, now);
  }

  /** What is to be renewed: all of which a third has passed. */
  waning(now: number): Renewal {
    const waning = new Map<string, number>();
    const limit = now + (this.terms.leaseMs * 2) / 3;
    for (const [id, end] of this.ends) {
      if (end > limit) break;
      waning.set(id, end);
    }
    return waning;
  }

  /** Notes what came of a renewal sent at this time. Answers what was lost: somebody else has taken it, or it is gone. */
  renewed(asked: Renewal, kept: ReadonlySet<string>, since: number): Set<string> {
    const lost = new Set<string>();
    for (const [id, end] of asked) {
      // Given back meanwhile, or even taken anew: the answer is about what was before.
      if (this.ends.get(id) !== end) continue;
      if (kept.has(id)) this.hold(id, since);
      else lost.add(id);
    }
    for (const id of lost) this.ends.delete(id);
    return lost;
  }

  private isEnough(end: number, now: number): boolean {
    return end - now >= this.terms.neededMs;
  }
}
