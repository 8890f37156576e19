import { Context } from '../context/context.js';

/** Own fields, items and `length` along a path such as `data.tags.0`, or the fallback; the whole for an empty path. */
export function readPath(data: unknown, path: unknown, fallback: unknown = null): unknown {
  if (isWhole(path)) return data instanceof Context ? data.toJSON() : data;
  const [name = '', ...keys] = keysOf(path);
  let value = readName(data, name);
  for (const key of keys) {
    if (value === undefined) break;
    value = ownValue(value, key);
  }
  return value === undefined ? fallback : value;
}

/** Whether a path leads nowhere but to where it begins. */
export function isWhole(path: unknown): boolean {
  return path === undefined || path === null || path === '';
}

/** What a context, or plain data, holds under a name; undefined if it holds nothing. */
export function readName(data: unknown, name: string): unknown {
  return data instanceof Context ? data.get(name) : ownValue(data, name);
}

function keysOf(path: unknown): string[] {
  return String(path).split('.');
}

/** Never follows a prototype: `constructor` and `__proto__` are read only where the data itself has such a field. */
export function ownValue(holder: unknown, key: string): unknown {
  if (typeof holder === 'string') return Object.getOwnPropertyDescriptor(holder, key)?.value;
  if (typeof holder !== 'object' || holder === null) return undefined;
  return Object.hasOwn(holder, key) ? Reflect.get(holder, key) : undefined;
}
