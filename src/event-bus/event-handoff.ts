import type { Logger } from 'pino';
import { fittingCount } from '../fitting-count.js';
import { jsonOf, type StoredEvent } from './event.js';

/** Works on a chunk of events of one workspace. When it fails, the events are found again by the sweep. */
export type EventHandler = (workspaceId: string, events: StoredEvent[]) => Promise<void>;

/**
 * Says "look now" to whoever dispatches events. It promises nothing: an announcement may get lost or come
 * twice, since the outbox has every event until it was dispatched.
 */
export abstract class EventHandoff {
  /** Events that were stored a moment ago. Never blocks the publisher. */
  abstract announce(events: StoredEvent[]): void;
  /** Names the one handler of this process. */
  abstract consume(handler: EventHandler): void;
  /** Whether this event waits here or is being worked on, so that the sweep need not announce it again. */
  abstract holds(eventId: string): boolean;
  /** Takes no more and resolves when what is under way has ended. */
  abstract close(): Promise<void>;
}

/** More than this in memory is not kept: the outbox has it. Characters of the events as JSON. */
const MAX_HELD = 16 * 1024 * 1024;
/** Of one workspace: whoever floods the hand-off fills this part of it. */
const MAX_HELD_PER_WORKSPACE = 8 * 1024 * 1024;
const CHUNK = 200;
/** Characters of a chunk; a larger event goes alone. */
const CHUNK_SIZE = 1024 * 1024;
/** Chunks of one workspace that are worked on at once: one is evaluated while the other is stored. */
const CHUNKS_PER_WORKSPACE = 2;

interface Lane {
  waiting: StoredEvent[];
  /** Characters that wait or are being worked on. */
  held: number;
  running: number;
}

/**
 * The hand-off within one process. Each workspace has a lane of its own, so that nobody waits for a neighbour's slow
 * rules. Chunks grow under load, like a group commit.
 */
export class InProcessEventHandoff extends EventHandoff {
  private handler: EventHandler | undefined;
  private readonly lanes = new Map<string, Lane>();
  private readonly ids = new Set<string>();
  private held = 0;
  private readonly running = new Set<Promise<void>>();
  private closed = false;

  constructor(private readonly logger: Logger) {
    super();
  }

  announce(events: StoredEvent[]): void {
    if (!this.handler || this.closed) return;
    for (const event of events) this.accept(event);
    for (const workspaceId of new Set(events.map((event) => event.workspaceId))) {
      this.pump(workspaceId);
    }
  }

  consume(handler: EventHandler): void {
    this.handler = handler;
  }

  holds(eventId: string): boolean {
    return this.ids.has(eventId);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const lane of this.lanes.values()) lane.waiting = [];
    await Promise.all(this.running);
  }

  private accept(event: StoredEvent): void {
    const lane = this.laneOf(event.workspaceId);
    if (this.ids.has(event.id) || this.isFull(lane)) return;
    this.ids.add(event.id);
    this.count(lane, sizeOf(event));
    lane.waiting.push(event);
  }

  /** A chunk of each workspace is always taken: nobody is shut out by others who flood the hand-off. */
  private isFull({ held }: Lane): boolean {
    return held >= MAX_HELD_PER_WORKSPACE || (this.held >= MAX_HELD && held >= CHUNK_SIZE);
  }

  private count(lane: Lane, size: number): void {
    lane.held += size;
    this.held += size;
  }

  private laneOf(workspaceId: string): Lane {
    const known = this.lanes.get(workspaceId);
    if (known) return known;
    const lane = { waiting: [], held: 0, running: 0 };
    this.lanes.set(workspaceId, lane);
    return lane;
  }

  private pump(workspaceId: string): void {
    const lane = this.laneOf(workspaceId);
    while (lane.waiting.length > 0 && lane.running < CHUNKS_PER_WORKSPACE && !this.closed) {
      lane.running += 1;
      const count = fittingCount(lane.waiting, { items: CHUNK, size: CHUNK_SIZE }, sizeOf);
      const work = this.work(workspaceId, lane, lane.waiting.splice(0, count));
      this.running.add(work);
      void work.finally(() => {
        this.running.delete(work);
        this.pump(workspaceId);
      });
    }
    if (lane.waiting.length === 0 && lane.running === 0) this.lanes.delete(workspaceId);
  }

  private async work(workspaceId: string, lane: Lane, chunk: StoredEvent[]): Promise<void> {
    try {
      await this.handler?.(workspaceId, chunk);
    } catch (error) {
      this.logger.error({ err: error, workspaceId, events: chunk.length }, 'event.dispatch_failed');
    } finally {
      for (const event of chunk) {
        this.ids.delete(event.id);
        this.count(lane, -sizeOf(event));
      }
      lane.running -= 1;
    }
  }
}

function sizeOf(event: StoredEvent): number {
  return jsonOf(event).length;
}
