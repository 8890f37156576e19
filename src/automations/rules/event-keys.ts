import { valueAt } from '../../own-value.js';
import type { Context } from '../context/context.js';
import { type Key, keyOf } from './equality-keys.js';

/** Where a value is looked up: `data.unit.name`, and its parts. */
export interface Path {
  readonly text: string;
  readonly name: string;
  readonly keys: readonly string[];
}

/** What an event has at a path. */
export interface Found {
  /** Undefined where there is nothing, null, a list or an object. */
  readonly key: Key | undefined;
  readonly isListOrObject: boolean;
}

/** What one event has at the paths that rules ask for. Each is read once, however many rules ask: a text may be long. */
export class EventKeys {
  readonly #known = new Map<string, Found>();

  constructor(private readonly context: Context) {}

  at(path: Path): Found {
    const known = this.#known.get(path.text);
    if (known) return known;
    const found = this.#read(path);
    this.#known.set(path.text, found);
    return found;
  }

  #read({ name, keys }: Path): Found {
    const value = valueAt(this.context.get(name), keys);
    return { key: keyOf(value), isListOrObject: typeof value === 'object' && value !== null };
  }
}
