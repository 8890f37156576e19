/** An item whose turn it is, with what its tenant was charged for it. */
export interface Charged<Item> {
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
const SMOOTHING = 0.2;

/**
 * Shares a processor between tenants by the time that they use and not by the number of their items: the one that has
 * used the least is next. A tenant whose items are slow waits for the others, and they hardly wait for it.
 */
export class FairQueue<Item> {
  readonly #lanes = new Map<string, Lane<Item>>();
  /** What the lane served last has used: a new lane begins here, without credit for the time it was away. */
  #level = 0;
  #size = 0;

  /** How many items wait. */
  get size(): number {
    return this.#size;
  }

  push(tenant: string, items: readonly Item[]): void {
    if (items.length === 0) return;
    this.#lane(tenant).waiting.push(...items);
    this.#size += items.length;
  }

  /**
   * Up to so many items of the tenant whose turn it is, about so many milliseconds' worth of them, each charged as that
   * tenant's items usually cost.
   */
  take(most: number, mostMs = Infinity): Charged<Item>[] {
    const [tenant, lane] = this.#next() ?? [];
    if (tenant === undefined || !lane) return [];
    this.#level = lane.usedMs;
    const fitting = Math.min(most, Math.max(1, Math.ceil(mostMs / lane.costMs)));
    const items = lane.waiting.splice(0, fitting);
    const chargedMs = lane.costMs;
    lane.usedMs += chargedMs * items.length;
    lane.running += items.length;
    this.#size -= items.length;
    return items.map((item) => ({ tenant, item, chargedMs }));
  }

  /** An item has run: its tenant is charged what it really took. */
  ended({ tenant, chargedMs }: Charged<Item>, tookMs: number): void {
    const lane = this.#lane(tenant);
    lane.usedMs += tookMs - chargedMs;
    lane.costMs = Math.max(FIRST_COST_MS / 10, lane.costMs + (tookMs - lane.costMs) * SMOOTHING);
    lane.running -= 1;
  }

  /** Items that did not run after all are the next of their tenants again, and cost nothing. */
  putBack(items: readonly Charged<Item>[]): void {
    for (const { tenant, item, chargedMs } of items.toReversed()) {
      const lane = this.#lane(tenant);
      lane.usedMs -= chargedMs;
      lane.waiting.unshift(item);
      lane.running -= 1;
      this.#size += 1;
    }
  }

  /** Takes away what waits of a tenant. */
  withdraw(tenant: string): Item[] {
    const items = this.#lanes.get(tenant)?.waiting.splice(0) ?? [];
    this.#size -= items.length;
    return items;
  }

  #lane(tenant: string): Lane<Item> {
    const known = this.#lanes.get(tenant);
    if (known) return known;
    const lane = { waiting: [], running: 0, usedMs: this.#level, costMs: FIRST_COST_MS };
    this.#lanes.set(tenant, lane);
    return lane;
  }

  /** An empty lane is kept until the others have caught up with it: coming one at a time pays no debt. */
  #next(): [string, Lane<Item>] | undefined {
    let next: [string, Lane<Item>] | undefined;
    for (const entry of this.#lanes) {
      const [tenant, lane] = entry;
      if (lane.waiting.length > 0) {
        if (!next || lane.usedMs < next[1].usedMs) next = entry;
      } else if (lane.running === 0 && lane.usedMs <= this.#level) {
        this.#lanes.delete(tenant);
      }
    }
    return next;
  }
}
