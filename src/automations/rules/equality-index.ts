import type { Equality, Key } from './equality-keys.js';
import type { EventKeys, Path } from './event-keys.js';

/** How many different paths are looked up for every event. Items that ask for others are found by every event. */
const MAX_TABLES = 64;
/** After each equality that holds there are so many times fewer: a look-up takes a few thousand steps at worst. */
const NARROWING = 8;

/**
 * Items by the equalities that they demand, one after the other: those that ask for `data.status` are told apart by its
 * value, those with the same status by what they ask for next. So a look-up costs one step for each path that is asked
 * for on the way, and never meets an item that another value shuts out. Where very many paths are asked for, those that
 * came first are looked up, and what asks for others is found more often than need be.
 */
export class EqualityIndex<Item> {
  /** Those that demand nothing more, or for whose next path there was no table left. Made when needed: most nodes have one of the two. */
  #items: Set<Item> | undefined;
  #tables: Map<string, Table<Item>> | undefined;

  constructor(private readonly maxTables = MAX_TABLES) {}

  get isEmpty(): boolean {
    return !this.#items?.size && !this.#tables?.size;
  }

  /** Adds an item under every key of its equalities: as often as their numbers of keys give when multiplied. */
  add(item: Item, [equality, ...rest]: readonly Equality[]): void {
    const table = equality && this.#tableFor(equality);
    if (!table) {
      this.#items ??= new Set();
      this.#items.add(item);
      return;
    }
    table.add(item, equality.keys, rest);
  }

  /** Takes an item away, given the equalities with which it was added. It may lie on any step of that way. */
  remove(item: Item, [equality, ...rest]: readonly Equality[]): void {
    this.#items?.delete(item);
    if (!equality) return;
    const name = nameOf(equality);
    const table = this.#tables?.get(name);
    if (!table) return;
    table.remove(item, equality.keys, rest);
    if (table.isEmpty) this.#tables?.delete(name);
  }

  /** Puts those whose equalities all hold into `found`, in no order. An item may be found more than once. */
  collect(event: EventKeys, found: Item[]): void {
    for (const item of this.#items ?? []) found.push(item);
    for (const table of this.#tables?.values() ?? []) table.collect(event, found);
  }

  /** Undefined when there is room for no more. */
  #tableFor(equality: Equality): Table<Item> | undefined {
    this.#tables ??= new Map();
    const name = nameOf(equality);
    const known = this.#tables.get(name);
    if (known || this.#tables.size >= this.maxTables) return known;
    const made = new Table<Item>(equality, Math.max(1, Math.floor(this.maxTables / NARROWING)));
    this.#tables.set(name, made);
    return made;
  }
}

/** The items that ask for one path, by the key of its value. */
class Table<Item> {
  readonly #path: Path;
  /** All of them, where the comparison is loose: what a list or an object is equal to is for the evaluation to say. */
  readonly #all: Set<Item> | undefined;
  readonly #branches = new Map<Key, EqualityIndex<Item>>();

  constructor(
    { path, loose }: Equality,
    /** Of each branch. */
    private readonly maxTables: number,
  ) {
    const [name = '', ...keys] = path.split('.');
    this.#path = { text: path, name, keys };
    this.#all = loose ? new Set() : undefined;
  }

  get isEmpty(): boolean {
    return this.#branches.size === 0;
  }

  add(item: Item, keys: Iterable<Key>, rest: readonly Equality[]): void {
    this.#all?.add(item);
    for (const key of keys) this.#branch(key).add(item, rest);
  }

  remove(item: Item, keys: Iterable<Key>, rest: readonly Equality[]): void {
    this.#all?.delete(item);
    for (const key of keys) {
      const branch = this.#branches.get(key);
      branch?.remove(item, rest);
      if (branch?.isEmpty) this.#branches.delete(key);
    }
  }

  collect(event: EventKeys, found: Item[]): void {
    const { key, isListOrObject } = event.at(this.#path);
    if (key !== undefined) this.#branches.get(key)?.collect(event, found);
    else if (isListOrObject) for (const item of this.#all ?? []) found.push(item);
  }

  #branch(key: Key): EqualityIndex<Item> {
    const known = this.#branches.get(key);
    if (known) return known;
    const made = new EqualityIndex<Item>(this.maxTables);
    this.#branches.set(key, made);
    return made;
  }
}

/** Strict and loose ones lie apart: a list shuts out all that compare strictly. */
function nameOf({ path, loose }: Equality): string {
  return loose ? `==${path}` : `===${path}`;
}
