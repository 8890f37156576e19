import { ownValue, valueAt } from '../../own-value.js';
import { Context } from '../context/context.js';

/** No longer path can be written in a condition, and none leads so deep into an event. */
const MAX_PATH_LENGTH = 1000;

/** Own fields, items and `length` along a path such as `data.tags.0`, or the fallback; the whole for an empty path. */
export function readPath(data: unknown, path: unknown, fallback: unknown = null): unknown {
  if (isWhole(path)) return data instanceof Context ? data.toJSON() : data;
  const written = String(path);
  if (written.length > MAX_PATH_LENGTH) return fallback;
  const [name = '', ...keys] = written.split('.');
  const value = valueAt(readName(data, name), keys);
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
