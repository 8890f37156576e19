/** What was claimed, as far as it matters here. */
interface Taken {
  claimed: readonly { webhookId: string }[];
  /** Where the walk over the keys of an ordered webhook ended, if there may be more behind. */
  walkedTo: ReadonlyMap<string, string>;
}

/** A round over the keys of a webhook that has not come to the last one. */
interface Round {
  from: string;
  /** Any of its claims. */
  hasTaken: boolean;
}

/** Webhooks to claim for again. */
export interface Next {
  now: string[];
  /** Nothing was found: the search goes on after a pause (then `resume`). Not those that pause already. */
  later: string[];
}

/**
 * Where to go on among the keys of ordered webhooks. With more keys than one claim looks at, or than there are slots, each
 * claim begins where the last one ended: otherwise the first keys would have all the turns.
 */
export class KeyCursors {
  private readonly rounds = new Map<string, Round>();
  private readonly pausing = new Set<string>();

  /** The key to begin at, of those webhooks where that is not the first. */
  get all(): ReadonlyMap<string, string> {
    return new Map([...this.rounds].map(([webhookId, { from }]) => [webhookId, from]));
  }

  /** Notes what a claim gave of what was wanted. Answers the webhooks that may have more. */
  move(wanted: ReadonlyMap<string, number>, { claimed, walkedTo }: Taken): Next {
    const counts = new Map<string, number>();
    for (const { webhookId } of claimed) counts.set(webhookId, (counts.get(webhookId) ?? 0) + 1);
    const next: Next = { now: [], later: [] };
    for (const [webhookId, slots] of wanted) {
      const count = counts.get(webhookId) ?? 0;
      const before = this.rounds.get(webhookId);
      const from = walkedTo.get(webhookId);
      const hasTaken = count > 0 || before?.hasTaken === true;
      if (from === undefined) this.rounds.delete(webhookId);
      else this.rounds.set(webhookId, { from, hasTaken });
      // A round that took something may have been too late for the first keys: another one follows.
      if (count < slots && from === undefined && before?.hasTaken !== true) continue;
      if (count > 0) next.now.push(webhookId);
      else if (this.pause(webhookId)) next.later.push(webhookId);
    }
    return next;
  }

  /** The pause of these searches is over. */
  resume(webhookIds: readonly string[]): void {
    for (const webhookId of webhookIds) this.pausing.delete(webhookId);
  }

  /** False when it pauses already: whatever else claims for a webhook meanwhile, one search goes on. */
  private pause(webhookId: string): boolean {
    if (this.pausing.has(webhookId)) return false;
    this.pausing.add(webhookId);
    return true;
  }
}
