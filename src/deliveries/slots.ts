/**
 * Counts what is in flight, for each webhook and in all, and which webhooks may have something due. Turns are taken in
 * the order in which webhooks were announced, so that a busy one cannot keep the others waiting.
 */
export class Slots {
  private readonly due = new Set<string>();
  private readonly inFlight = new Map<string, number>();
  private total = 0;

  constructor(
    private readonly perWebhook: number,
    private readonly overall: number,
  ) {}

  /** Notes that a webhook may have something due. */
  announce(webhookId: string): void {
    this.due.add(webhookId);
  }

  /**
   * Free slots of each webhook that may have something due, at most `overall` together. Those webhooks are off the list
   * from now on: an announcement that comes while their work is being claimed puts them on it again.
   */
  takeWanted(): Map<string, number> {
    const wanted = new Map<string, number>();
    let free = this.overall - this.total;
    for (const webhookId of this.due) {
      if (free <= 0) break;
      const slots = Math.min(free, this.perWebhook - (this.inFlight.get(webhookId) ?? 0));
      if (slots <= 0) continue;
      wanted.set(webhookId, slots);
      this.due.delete(webhookId);
      free -= slots;
    }
    return wanted;
  }

  /** Takes a slot for a claimed delivery. */
  take(webhookId: string): void {
    this.inFlight.set(webhookId, (this.inFlight.get(webhookId) ?? 0) + 1);
    this.total += 1;
  }

  /** Gives back a webhook's slot: its request has ended. */
  release(webhookId: string): void {
    const left = (this.inFlight.get(webhookId) ?? 1) - 1;
    if (left > 0) this.inFlight.set(webhookId, left);
    else this.inFlight.delete(webhookId);
  }

  /** Gives back the slot among all: the attempt was settled. */
  settled(): void {
    this.total -= 1;
  }
}
