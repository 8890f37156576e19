import type { Logger } from 'pino';
import { fittingCount } from '../fitting-count.js';
import { jsonOf, type StoredEvent } from './event.js';

/** Works on a chunk of events of one workspace. When it fails, the events are found again by the sweep. */
export type EventHandler = (workspaceId: string, events: StoredEvent[]) => Promise<void>;

/** More than this in memory is not kept: the outbox has it. Characters of the events as JSON. */
const MAX_HELD = 16 * 1024 * 1024;
/** Of one workspace: whoever floods the hand-off fills this part of it. */
const MAX_HELD_PER_WORKSPACE = 8 * 1024 * 1024;
/** Where more is wanted only when the half is done: a page that is read then fits. */
const HALF = 0.5;
const CHUNK = 200;
/** Characters of a chunk; a larger event goes alone. */
const CHUNK_SIZE = 1024 * 1024;
/** Chunks of one workspace that are worked on at once: one is evaluated while the other is stored. */
const CHUNKS_PER_WORKSPACE = 2;
/** A lane in which so many wait could use another process. */
const BUSY = CHUNKS_PER_WORKSPACE * CHUNK;

interface Lane {
  waiting: StoredEvent[];
  /** Characters that wait or are being worked on. */
  held: number;
  running: number;
}

/**
 * The events that this process holds. Each workspace has a lane of its own, so that nobody waits for a neighbour's slow
 * rules. Chunks grow under load, like a group commit.
 */
export class EventLanes {
  private handler: EventHandler | undefined;
  private readonly lanes = new Map<string, Lane>();
  /** When each event came, on the monotonic clock. */
  private readonly since = new Map<string, number>();
  private held = 0;
  private readonly running = new Set<Promise<void>>();
  private waitingForRoom: (() => void)[] = [];
  private closed = false;

  constructor(private readonly logger: Logger) {}

  /** Names the one handler. Before that, nothing is taken. */
  consume(handler: EventHandler): void {
    this.handler = handler;
    this.tellRoom();
  }

  /** Whether events are dispatched here at all. */
  get isOpen(): boolean {
    return this.handler !== undefined && !this.closed;
  }

  /** Takes what there is room for, and nothing twice; the rest is left to the outbox. */
  add(events: readonly StoredEvent[]): void {
    if (!this.isOpen) return;
    for (const event of events) this.accept(event);
    for (const workspaceId of new Set(events.map((event) => event.workspaceId))) {
      this.pump(workspaceId);
    }
  }

  /** Events that wait here or are being worked on. */
  get size(): number {
    return this.since.size;
  }

  /** Whether this event waits here or is being worked on. */
  holds(eventId: string): boolean {
    return this.since.has(eventId);
  }

  /** Events that came before a time of the monotonic clock, oldest first. */
  heldSince(before: number): string[] {
    const ids: string[] = [];
    for (const [id, since] of this.since) {
      if (since >= before) break;
      ids.push(id);
    }
    return ids;
  }

  /** Events of this workspace would wait for many others. */
  isBusy(workspaceId: string): boolean {
    return (this.lanes.get(workspaceId)?.waiting.length ?? 0) >= BUSY;
  }

  /** Workspaces that have so much here that no more of theirs should be looked for. */
  fullWorkspaces(): string[] {
    return [...this.lanes.keys()].filter((workspaceId) => this.isFull(workspaceId));
  }

  /** Whether no more of this workspace should be looked for. */
  isFull(workspaceId: string): boolean {
    return (this.lanes.get(workspaceId)?.held ?? 0) >= MAX_HELD_PER_WORKSPACE * HALF;
  }

  /** Resolves when events are dispatched here and more may be looked for; also when the lanes close. */
  room(): Promise<void> {
    if (this.hasRoom() || this.closed) return Promise.resolve();
    return new Promise((resolve) => this.waitingForRoom.push(resolve));
  }

  /** Takes no more, drops what has not begun, and resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.closed = true;
    for (const lane of this.lanes.values()) lane.waiting = [];
    this.tellRoom();
    await Promise.all(this.running);
  }

  private hasRoom(): boolean {
    return this.handler !== undefined && this.held < MAX_HELD * HALF;
  }

  private tellRoom(): void {
    for (const resolve of this.waitingForRoom.splice(0)) resolve();
  }

  private accept(event: StoredEvent): void {
    const lane = this.laneOf(event.workspaceId);
    if (this.since.has(event.id) || this.refuses(lane)) return;
    this.since.set(event.id, performance.now());
    this.count(lane, sizeOf(event));
    lane.waiting.push(event);
  }

  /** A chunk of each workspace is always taken: nobody is shut out by others who flood the hand-off. */
  private refuses({ held }: Lane): boolean {
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
        if (this.hasRoom()) this.tellRoom();
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
        this.since.delete(event.id);
        this.count(lane, -sizeOf(event));
      }
      lane.running -= 1;
    }
  }
}

function sizeOf(event: StoredEvent): number {
  return jsonOf(event).length;
}
