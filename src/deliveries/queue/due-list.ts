import { LruCache } from '../../lru-cache.js';
import type { SharedSlots } from './shared-slots.js';

/** Webhooks whose workspace is remembered. */
const MAX_KNOWN = 10_000;
/** Stands for the workspace of a webhook that nobody knows yet. */
const UNKNOWN = '';

/** Webhooks that may have something due in the queue, in the order in which that was said. */
export class DueList {
  private readonly due = new Set<string>();
  private readonly workspaces = new LruCache<string>(MAX_KNOWN, () => 1);

  has(webhookId: string): boolean {
    return this.due.has(webhookId);
  }

  add(webhookId: string): void {
    this.due.add(webhookId);
  }

  /** Remembers whose webhook it is. */
  know(webhookId: string, workspaceId: string): void {
    this.workspaces.set(webhookId, workspaceId);
  }

  /** Takes webhooks off the list as long as slots are free for them, each with how much may be claimed for it. */
  take(slots: SharedSlots, roomOf: (webhookId: string) => number): Map<string, number> {
    const wanted = new Map<string, number>();
    const counted: [string, number][] = [];
    for (const webhookId of this.due) {
      if (slots.isFull) break;
      const workspaceId = this.workspaces.get(webhookId) ?? UNKNOWN;
      const free = workspaceId === UNKNOWN ? 1 : slots.freeFor(workspaceId);
      const count = Math.min(roomOf(webhookId), free);
      if (count <= 0) continue;
      wanted.set(webhookId, count);
      this.due.delete(webhookId);
      slots.take(workspaceId, count);
      counted.push([workspaceId, count]);
    }
    // Nothing is claimed yet; who comes later on the list only had to see what goes to those before.
    for (const [workspaceId, count] of counted) slots.giveBack(workspaceId, count);
    return wanted;
  }
}
