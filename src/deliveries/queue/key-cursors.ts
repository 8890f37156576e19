/** What was claimed, as far as it matters here. */
interface Taken {
  webhookId: string;
  orderKey: string | null;
}

/**
 * Where to go on among the keys of ordered webhooks. With more keys than slots, each claim begins where the last one ended:
 * otherwise the first keys would have all the turns.
 */
export class KeyCursors {
  private readonly cursors = new Map<string, string>();

  /** The key to begin at, of those webhooks where that is not the first. */
  get all(): ReadonlyMap<string, string> {
    return this.cursors;
  }

  /** Notes what a claim gave of what was wanted. Answers the webhooks that may have more. */
  move(wanted: ReadonlyMap<string, number>, claimed: readonly Taken[]): string[] {
    const counts = new Map<string, number>();
    const keys = new Map<string, string>();
    for (const { webhookId, orderKey } of claimed) {
      counts.set(webhookId, (counts.get(webhookId) ?? 0) + 1);
      if (orderKey !== null) keys.set(webhookId, orderKey);
    }
    return [...wanted].flatMap(([webhookId, slots]) => {
      const began = this.cursors.delete(webhookId);
      const isAll = counts.get(webhookId) === slots;
      const key = keys.get(webhookId);
      if (isAll && key !== undefined) this.cursors.set(webhookId, key);
      // One that had to end with the last key has not looked at the first ones.
      return isAll || began ? webhookId : [];
    });
  }
}
