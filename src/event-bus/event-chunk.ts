import { z } from 'zod';
import type { StoredEvent } from './event.js';

const CHUNK = 200;
/** Ids that may wait in memory to be announced. */
const MAX_WAITING = 10_000;
/** Of one workspace: one that floods leaves room for the others. */
const MAX_WAITING_PER_WORKSPACE = 2_000;

const chunk = z.object({ workspaceId: z.uuid(), ids: z.array(z.uuid()).min(1).max(CHUNK) });

/** What is announced to other processes: events of one workspace, by id. */
export type EventChunk = z.infer<typeof chunk>;

/** What came from another process, perhaps of another version; undefined when it is no chunk. */
export function readChunk(said: unknown): EventChunk | undefined {
  return chunk.safeParse(said).data;
}

/** Ids that wait to be announced. What finds no place is left to the sweep. */
export class WaitingIds {
  private readonly workspaces = new Map<string, string[]>();
  private count = 0;

  add({ workspaceId, id }: Pick<StoredEvent, 'workspaceId' | 'id'>): void {
    const ids = this.workspaces.get(workspaceId) ?? [];
    if (this.count >= MAX_WAITING || ids.length >= MAX_WAITING_PER_WORKSPACE) return;
    ids.push(id);
    this.count += 1;
    this.workspaces.set(workspaceId, ids);
  }

  /** The oldest of each workspace, one chunk of each: nobody waits behind a neighbour's many. */
  take(): EventChunk[] {
    return [...this.workspaces].map(([workspaceId, waiting]) => {
      const ids = waiting.splice(0, CHUNK);
      this.count -= ids.length;
      if (waiting.length === 0) this.workspaces.delete(workspaceId);
      return { workspaceId, ids };
    });
  }
}
