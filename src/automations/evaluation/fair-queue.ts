/** An item that was taken, with what its tenant was charged for it. */
export interface Taken<Item> {
  tenant: string;
  item: Item;
  chargedMs: number;
}

interface Lane<Item> {
  waiting: Item[];
  /** Taken and not ended yet. */
  running: number;
  /** Milliseconds charged so far, counted from the level at which the lane began. */
  usedMs: number;
  /** What one of its items takes on average. */
  costMs: number;
}

/** Nobody knows yet what a lane's items cost: as much as everyday ones. */
const FIRST_COST_MS = 0.1;
/** How much of the average the newest cost makes. */
const NEWS = 0.2;

/**
 * Shares a processor between tenants by the time that they use and not by the number of their items: whoever has used
 * the least is next. Whose items are slow waits for the others, and they hardly wait for him.
 */
export class FairQueue<Item> {
  readonly #lanes = new Map<string, Lane<Item>>();
  /** What the lane served last has used: who comes new begins here, without credit for the time he was away. */
  #level = 0;

  /** How many items wait. */
  get size(): number {
    let size = 0;
    for (const { waiting } of this.#lanes.values()) size += waiting.length;
    return size;
  }

  push(tenant: string, items: readonly Item[]): void {
    if (items.length === 0) return;
    this.#lane(tenant).waiting.push(...items);
  }

  /**
   * Up to so many items and about so many milliseconds' worth of them, in the order in which they should run. Each is
   * charged as its tenant's items usually cost.
   */
  take(most: number, mostMs = Infinity): Taken<Item>[] {
    const taken: Taken<Item>[] = [];
    for (let ms = 0; taken.length < most && ms < mostMs;) {
      const next = this.#next();
      if (!next) break;
      ms += next.chargedMs;
      taken.push(next);
    }
    return taken;
  }

  /** An item has run: its tenant is charged what it really took. */
  ended({ tenant, chargedMs }: Taken<Item>, tookMs: number): void {
    const lane = this.#lane(tenant);
    lane.usedMs += tookMs - chargedMs;
    lane.costMs += (tookMs - lane.costMs) * NEWS;
    this.#leave(tenant, lane);
  }

  /** Items that did not run after all are the next of their tenants again, and cost nothing. */
  putBack(items: readonly Taken<Item>[]): void {
    for (const { tenant, item, chargedMs } of items.toReversed()) {
      const lane = this.#lane(tenant);
      lane.usedMs -= chargedMs;
      lane.waiting.unshift(item);
      lane.running -= 1;
    }
  }

  #lane(tenant: string): Lane<Item> {
    const known = this.#lanes.get(tenant);
    if (known) return known;
    const lane = { waiting: [], running: 0, usedMs: this.#level, costMs: FIRST_COST_MS };
    this.#lanes.set(tenant, lane);
    return lane;
  }

  #leave(tenant: string, lane: Lane<Item>): void {
    lane.running -= 1;
    if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(tenant);
  }

  #next(): Taken<Item> | undefined {
    let next: { tenant: string; lane: Lane<Item> } | undefined;
    for (const [tenant, lane] of this.#lanes) {
      if (lane.waiting.length === 0) continue;
      if (!next || lane.usedMs < next.lane.usedMs) next = { tenant, lane };
    }
    return next && this.#start(next.tenant, next.lane);
  }

  #start(tenant: string, lane: Lane<Item>): Taken<Item> | undefined {
    this.#level = lane.usedMs;
    const [item] = lane.waiting.splice(0, 1);
    if (item === undefined) return undefined;
    lane.usedMs += lane.costMs;
    lane.running += 1;
    return { tenant, item, chargedMs: lane.costMs };
  }
}
