import type { Context } from '../context/context.js';
import { type Equality, type Key, keyOf, valueAt } from './equality-keys.js';

/**
 * Items by the equalities that they demand, one after the other: those that ask for `data.status` are told apart by its
 * value, those with the same status by what they ask for next. So a look-up costs one step for each path that is asked
 * for on the way, and never meets an item that another value shuts out. Where an item lies follows from its equalities
 * alone, in whatever order the items came.
 */
export class EqualityIndex<Item> {
  /** Those that demand nothing more. */
  readonly #items = new Set<Item>();
  readonly #tables = new Map<string, Table<Item>>();

  get isEmpty(): boolean {
    return this.#items.size === 0 && this.#tables.size === 0;
  }

  /** Adds an item under every key of its equalities: as often as their numbers of keys give when multiplied. */
  add(item: Item, [equality, ...rest]: readonly Equality[]): void {
    if (!equality) {
      this.#items.add(item);
      return;
    }
    const name = nameOf(equality);
    const table = this.#tables.get(name) ?? new Table<Item>(equality);
    this.#tables.set(name, table);
    for (const key of equality.keys) table.branch(key).add(item, rest);
  }

  /** Takes an item away, given the equalities with which it was added. */
  remove(item: Item, [equality, ...rest]: readonly Equality[]): void {
    if (!equality) {
      this.#items.delete(item);
      return;
    }
    const name = nameOf(equality);
    const table = this.#tables.get(name);
    if (!table) return;
    for (const key of equality.keys) table.remove(key, item, rest);
    if (table.isEmpty) this.#tables.delete(name);
  }

  /** Puts those whose equalities all hold into `found`, in no order. An item may be found more than once. */
  collect(context: Context, found: Item[]): void {
    for (const item of this.#items) found.push(item);
    for (const table of this.#tables.values()) table.collect(context, found);
  }
}

/** The items that ask for one path, by the key of its value. */
class Table<Item> {
  readonly #path: readonly string[];
  readonly #loose: boolean;
  readonly #branches = new Map<Key, EqualityIndex<Item>>();

  constructor({ path, loose }: Equality) {
    this.#path = path.split('.');
    this.#loose = loose;
  }

  get isEmpty(): boolean {
    return this.#branches.size === 0;
  }

  branch(key: Key): EqualityIndex<Item> {
    const known = this.#branches.get(key);
    if (known) return known;
    const made = new EqualityIndex<Item>();
    this.#branches.set(key, made);
    return made;
  }

  remove(key: Key, item: Item, rest: readonly Equality[]): void {
    const branch = this.#branches.get(key);
    branch?.remove(item, rest);
    if (branch?.isEmpty) this.#branches.delete(key);
  }

  collect(context: Context, found: Item[]): void {
    const value = valueAt(context, this.#path);
    const key = keyOf(value);
    if (key !== undefined) this.#branches.get(key)?.collect(context, found);
    else if (this.#loose && isListOrObject(value)) this.#collectAll(context, found);
  }

  /** What text a list or an object is equal to is for the evaluation to say. */
  #collectAll(context: Context, found: Item[]): void {
    for (const branch of this.#branches.values()) branch.collect(context, found);
  }
}

/** Strict and loose ones lie apart: a list shuts out all that compare strictly. */
function nameOf({ path, loose }: Equality): string {
  return loose ? `==${path}` : `===${path}`;
}

function isListOrObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
