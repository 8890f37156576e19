import { DueList } from './due-list.js';
import { type Lane, newLane, readyPerRequest } from './lane.js';
import { Paces, type Pressure } from './pace.js';
import { RoundRobin } from './round-robin.js';
import { SharedSlots } from './shared-slots.js';

/** How much may be held and sent at once. */
export interface LaneLimits {
  /** Requests under way to one webhook. */
  perWebhook: number;
  /** Requests under way in all. */
  overall: number;
}

/** Whose lane it is. */
export interface Place {
  workspaceId: string;
  webhookId: string;
}

/** How a request ended. */
export interface Ended {
  pressure: Pressure;
  durationMs: number;
}

/** What is in all lanes together. */
export interface LaneLoad {
  ready: number;
  sending: number;
  /** Ready, under way, or waiting to be settled. */
  held: number;
  /** Lanes that are paused. */
  paused: number;
}

/** For each request that may be under way in all, so many more may be held ready. */
const READY_PER_REQUEST = 4;
/** After so many failures in a row one request at a time is enough, until it is known what follows for the webhook. */
const CAREFUL_AFTER = 10;

/**
 * One lane per webhook. A lane bounds what is under way to its webhook and what is held for it; what all lanes hold and send
 * is shared between workspaces, and turns go round between workspaces, then between the webhooks of each. So
 * nobody can keep others waiting, whatever waits for him and however long his receivers take.
 */
export class Lanes<Held extends Place> {
  private readonly lanes = new Map<string, Lane<Held>>();
  private readonly due = new DueList();
  private readonly paces: Paces;
  private readonly paused = new Set<string>();
  /** Lanes with something ready and room of their own. */
  private readonly turns = new RoundRobin();
  private readonly sending: SharedSlots;
  private readonly held: SharedSlots;
  private isHalted = false;

  constructor(
    { perWebhook, overall }: LaneLimits,
    /** Sends; called as soon as there is room. */
    private readonly send: (item: Held) => void,
  ) {
    this.paces = new Paces(perWebhook);
    this.sending = new SharedSlots(overall);
    this.held = new SharedSlots(overall * (1 + READY_PER_REQUEST));
  }

  /** Whether something new could be held and sent: of a workspace that has nothing here at least. */
  get hasRoom(): boolean {
    return !this.isHalted && !this.held.isFull;
  }

  /** What is in the lanes at this moment. */
  get load(): LaneLoad {
    const load = { ready: 0, sending: 0, held: 0, paused: this.paused.size };
    for (const { ready, sending, held } of this.lanes.values()) {
      load.ready += ready.length;
      load.sending += sending;
      load.held += held;
    }
    return load;
  }

  /** Notes that a webhook may have something due. */
  announce(webhookId: string, workspaceId?: string): void {
    this.due.add(webhookId);
    if (workspaceId !== undefined) this.due.know(webhookId, workspaceId);
  }

  /**
   * How much may be claimed for each webhook that may have something due. Those webhooks are off the list from now on: an
   * announcement that comes while their work is being claimed puts them on it again.
   */
  takeWanted(): Map<string, number> {
    return this.due.take(this.held, (webhookId) => this.roomOf(webhookId));
  }

  /** Makes room for something new that need not go through the queue first. Not when the webhook has older work due. */
  reserve(place: Place): boolean {
    const { webhookId, workspaceId } = place;
    if (this.due.has(webhookId) || this.roomOf(webhookId) <= 0) return false;
    if (this.held.freeFor(workspaceId) <= 0) return false;
    this.hold(place);
    return true;
  }

  /** Counts something that was claimed. */
  hold({ webhookId, workspaceId }: Place): void {
    const lane = this.lanes.get(webhookId) ?? newLane<Held>(workspaceId);
    this.lanes.set(webhookId, lane);
    lane.held += 1;
    this.due.know(webhookId, workspaceId);
    this.held.take(workspaceId);
  }

  /** Sends, in its turn, what is held. */
  start(item: Held): void {
    this.laneOf(item).ready.push(item);
    this.lineUp(item.webhookId);
    this.serve();
  }

  /** A request has ended. */
  sent(item: Place, { pressure, durationMs }: Ended): void {
    const lane = this.end(item);
    lane.readyPerRequest = readyPerRequest(durationMs);
    lane.failures = pressure === 'ok' ? 0 : lane.failures + 1;
    this.paces.adjust(item.webhookId, pressure, lane.sending);
    if (lane.failures >= CAREFUL_AFTER) this.paces.slowDown(item.webhookId);
    this.lineUp(item.webhookId);
    this.serve();
  }

  /** What had its turn was not sent: it is the first of its lane again. Its lane is paused or all are halted, or it is sent at once. */
  putBack(item: Held): void {
    this.end(item).ready.unshift(item);
    this.lineUp(item.webhookId);
    this.serve();
  }

  /** What had its turn was not sent, and will not be. */
  skip(item: Place): void {
    this.end(item);
    this.lineUp(item.webhookId);
    this.serve();
  }

  /** An item is dealt with, or its room is not needed after all. */
  release(item: Place): void {
    const lane = this.laneOf(item);
    lane.held -= 1;
    this.held.giveBack(item.workspaceId);
    if (lane.held === 0) this.lanes.delete(item.webhookId);
  }

  /** Takes out what is ready, not under way, and meant. It is still held. */
  withdraw(isMeant: (item: Held) => boolean): Held[] {
    return [...this.lanes.values()].flatMap((lane) => {
      const meant = lane.ready.filter(isMeant);
      if (meant.length > 0) lane.ready = lane.ready.filter((item) => !isMeant(item));
      return meant;
    });
  }

  /** Sends to this webhook one at a time, until it is seen that more is welcome. */
  slowDown(webhookId: string): void {
    this.paces.slowDown(webhookId);
  }

  /** Nothing is sent to this webhook or wanted for it, until `resume`. False when it is so already. */
  pause(webhookId: string): boolean {
    if (this.paused.has(webhookId)) return false;
    this.paused.add(webhookId);
    return true;
  }

  resume(webhookId: string): void {
    this.paused.delete(webhookId);
    this.lineUp(webhookId);
    this.serve();
  }

  /** Nothing is sent at all, until `proceed`. */
  halt(): void {
    this.isHalted = true;
  }

  proceed(): void {
    this.isHalted = false;
    this.serve();
  }

  private end({ webhookId, workspaceId }: Place): Lane<Held> {
    const lane = this.laneOf({ webhookId, workspaceId });
    lane.sending -= 1;
    this.sending.giveBack(workspaceId);
    return lane;
  }

  private lineUp(webhookId: string): void {
    const lane = this.lanes.get(webhookId);
    if (!lane || !this.maySend(webhookId, lane)) return;
    this.turns.add({ group: lane.workspaceId, member: webhookId });
  }

  private serve(): void {
    while (!this.isHalted && !this.sending.isFull) {
      const turn = this.turns.next((workspaceId) => this.sending.freeFor(workspaceId) > 0);
      if (!turn) return;
      this.sendNextOf(turn.member);
    }
  }

  private sendNextOf(webhookId: string): void {
    const lane = this.lanes.get(webhookId);
    // Paused, narrowed or emptied since it lined up.
    if (!lane || !this.maySend(webhookId, lane)) return;
    const item = lane.ready.shift();
    if (!item) return;
    lane.sending += 1;
    this.sending.take(lane.workspaceId);
    this.lineUp(webhookId);
    this.send(item);
  }

  private maySend(webhookId: string, { ready, sending }: Lane<Held>): boolean {
    if (ready.length === 0 || this.paused.has(webhookId)) return false;
    return sending < this.paces.widthOf(webhookId);
  }

  private roomOf(webhookId: string): number {
    if (this.paused.has(webhookId)) return 0;
    const lane = this.lanes.get(webhookId);
    const capacity = this.paces.widthOf(webhookId) * (1 + (lane?.readyPerRequest ?? 0));
    return capacity - (lane?.held ?? 0);
  }

  private laneOf({ webhookId }: Place): Lane<Held> {
    const lane = this.lanes.get(webhookId);
    if (!lane) throw new Error(`nothing is held for webhook ${webhookId}`);
    return lane;
  }
}
