/** How much may be held and sent at once. */
export interface LaneLimits {
  /** Requests under way to one webhook. */
  perWebhook: number;
  /** Requests under way in all. */
  overall: number;
}

/** What waits here for its turn: a delivery, or whatever else names its webhook. */
interface Item {
  webhookId: string;
}

interface Lane<Held> {
  ready: Held[];
  sending: number;
  /** Ready, under way, or waiting to be settled. */
  held: number;
  isQuick: boolean;
}

/** For each request that may be under way, so many more are held ready: a quick receiver never waits for the next claim. */
const READY_PER_REQUEST = 4;
/** A receiver that needs longer has nothing held ready: what waits would only sit under a lease. */
const QUICK_MS = 250;

/**
 * One lane per webhook. A lane bounds what is under way to its webhook and what is held for it; all lanes together are
 * bounded as well, and turns are taken in the order in which lanes asked for them, so that no webhook can keep the
 * others waiting.
 */
export class Lanes<Held extends Item> {
  private readonly lanes = new Map<string, Lane<Held>>();
  /** Webhooks that may have something due in the queue. */
  private readonly due = new Set<string>();
  /** Webhooks with something ready and room of their own, in the order of their turns. */
  private readonly waiting = new Set<string>();
  /** What may be held in all. */
  private readonly capacity: number;
  private sending = 0;
  private held = 0;

  constructor(
    private readonly limits: LaneLimits,
    /** Sends; called as soon as there is room. */
    private readonly send: (item: Held) => void,
  ) {
    this.capacity = limits.overall * (1 + READY_PER_REQUEST);
  }

  /** Notes that a webhook may have something due. */
  announce(webhookId: string): void {
    this.due.add(webhookId);
  }

  /**
   * How much may be claimed for each webhook that may have something due. Those webhooks are off the list from now on: an
   * announcement that comes while their work is being claimed puts them on it again.
   */
  takeWanted(): Map<string, number> {
    const wanted = new Map<string, number>();
    let free = this.capacity - this.held;
    for (const webhookId of this.due) {
      if (free <= 0) break;
      const room = Math.min(free, this.roomOf(webhookId));
      if (room <= 0) continue;
      wanted.set(webhookId, room);
      this.due.delete(webhookId);
      free -= room;
    }
    return wanted;
  }

  /** Makes room for something new that need not go through the queue first. Not when the webhook has older work due. */
  reserve(webhookId: string): boolean {
    if (this.due.has(webhookId) || this.held >= this.capacity) return false;
    if (this.roomOf(webhookId) <= 0) return false;
    this.hold(webhookId);
    return true;
  }

  /** Counts something that was claimed. */
  hold(webhookId: string): void {
    this.laneOf(webhookId).held += 1;
    this.held += 1;
  }

  /** Sends, in its turn, what is held. */
  start(item: Held): void {
    this.laneOf(item.webhookId).ready.push(item);
    this.lineUp(item.webhookId);
    this.serve();
  }

  /** A request has ended, after this many milliseconds; undefined when there was none after all. */
  sent(webhookId: string, durationMs: number | undefined): void {
    const lane = this.laneOf(webhookId);
    lane.sending -= 1;
    if (durationMs !== undefined) lane.isQuick = durationMs < QUICK_MS;
    this.sending -= 1;
    this.lineUp(webhookId);
    this.serve();
  }

  /** An item is dealt with, or its room is not needed after all. */
  release(webhookId: string): void {
    const lane = this.lanes.get(webhookId);
    if (!lane) throw new Error(`nothing is held for webhook ${webhookId}`);
    lane.held -= 1;
    this.held -= 1;
    if (lane.held === 0) this.lanes.delete(webhookId);
  }

  /** Takes out everything that is ready but not under way. */
  drain(): Held[] {
    this.waiting.clear();
    return [...this.lanes.values()].flatMap((lane) => lane.ready.splice(0));
  }

  /** To the end of the line: a webhook that was served stands behind those that were not. */
  private lineUp(webhookId: string): void {
    const lane = this.laneOf(webhookId);
    if (lane.ready.length > 0 && lane.sending < this.limits.perWebhook) this.waiting.add(webhookId);
  }

  private serve(): void {
    // A webhook that lines up again while this runs is reached again.
    for (const webhookId of this.waiting) {
      if (this.sending >= this.limits.overall) return;
      this.waiting.delete(webhookId);
      const lane = this.laneOf(webhookId);
      const item = lane.ready.shift();
      if (!item) continue;
      lane.sending += 1;
      this.sending += 1;
      this.send(item);
      this.lineUp(webhookId);
    }
  }

  private roomOf(webhookId: string): number {
    const lane = this.lanes.get(webhookId);
    const capacity = this.limits.perWebhook * (lane?.isQuick ? 1 + READY_PER_REQUEST : 1);
    return capacity - (lane?.held ?? 0);
  }

  private laneOf(webhookId: string): Lane<Held> {
    const known = this.lanes.get(webhookId);
    if (known) return known;
    const lane: Lane<Held> = { ready: [], sending: 0, held: 0, isQuick: false };
    this.lanes.set(webhookId, lane);
    return lane;
  }
}
