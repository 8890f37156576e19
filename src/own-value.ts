import type { JsonValue } from './json.js';

/**
 * What a value holds under a key: an own field, an item or the length of a list, a character or the length of a text.
 * Never follows a prototype: `constructor` and `__proto__` are read only where the data itself has such a field.
 */
export function ownValue(holder: JsonValue | undefined, key: string): JsonValue | undefined;
export function ownValue(holder: unknown, key: string): unknown;
export function ownValue(holder: unknown, key: string): unknown {
  if (typeof holder === 'string') return Object.getOwnPropertyDescriptor(holder, key)?.value;
  if (typeof holder !== 'object' || holder === null) return undefined;
  return Object.hasOwn(holder, key) ? Reflect.get(holder, key) : undefined;
}

/** What a path leads to, from a value on; undefined as soon as there is nothing to go on from. */
export function valueAt(from: unknown, keys: Iterable<string>): unknown {
  let value = from;
  for (const key of keys) {
    if (value === undefined || value === null) return undefined;
    value = ownValue(value, key);
  }
  return value;
}
