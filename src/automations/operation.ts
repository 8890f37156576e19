import type { JsonValue } from '../json.js';

/** An operator of JSON Logic with its arguments. */
export interface Operation<Argument = JsonValue> {
  name: string;
  args: readonly Argument[];
  /** `{"!": x}` is short for `{"!": [x]}`. */
  isShort: boolean;
}

/** A part of a condition as json-logic-js sees it: an object with one key is an operation, any other value is a constant. */
export function operationOf(rule: JsonValue): Operation | undefined;
export function operationOf(rule: unknown): Operation<unknown> | undefined;
export function operationOf(rule: unknown): Operation<unknown> | undefined {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return undefined;
  const [entry, ...others] = Object.entries(rule);
  if (entry === undefined || others.length > 0) return undefined;
  const [name, given] = entry;
  return Array.isArray(given)
    ? { name, args: given, isShort: false }
    : { name, args: [given], isShort: true };
}
