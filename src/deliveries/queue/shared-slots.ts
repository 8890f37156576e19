/**
 * Slots that workspaces share: none may take more of them than it leaves free. So one alone gets half of them, and however
 * long it keeps them, something is left for whoever comes next.
 */
export class SharedSlots {
  private readonly taken = new Map<string, number>();
  private total = 0;

  constructor(private readonly capacity: number) {}

  get isFull(): boolean {
    return this.total >= this.capacity;
  }

  /** How many more a workspace may take. */
  freeFor(workspaceId: string): number {
    const free = this.capacity - this.total;
    // Of an odd number the larger half: of one slot, one.
    return Math.max(0, Math.ceil((free - this.takenBy(workspaceId)) / 2));
  }

  take(workspaceId: string, count = 1): void {
    this.taken.set(workspaceId, this.takenBy(workspaceId) + count);
    this.total += count;
  }

  giveBack(workspaceId: string, count = 1): void {
    const left = this.takenBy(workspaceId) - count;
    if (left > 0) this.taken.set(workspaceId, left);
    else this.taken.delete(workspaceId);
    this.total -= count;
  }

  private takenBy(workspaceId: string): number {
    return this.taken.get(workspaceId) ?? 0;
  }
}
