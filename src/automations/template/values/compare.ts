import { ListValue, ObjectValue, Markup, type TemplateValue } from './template-value.js';
import { TemplateFailure, type Meter } from '../limits.js';

const NUMERIC = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/;

/** No longer text is a number, in conditions too. */
const MAX_NUMERIC = 40;

/** Twig's idea of true: everything but null, false, 0, '', '0' and what is empty. */
export function isTruthy(value: TemplateValue): boolean {
  const plain = value instanceof Markup ? value.plain : value;
  if (typeof plain === 'object') return plain !== null && plain.size > 0;
  return plain !== '0' && Boolean(plain);
}

/** Null, false, '' and what holds nothing; 0 is a value. Used by `default` and `is empty`. */
export function isEmpty(value: TemplateValue): boolean {
  if (value instanceof Markup) return value.plain === '';
  if (typeof value === 'object') return value === null || value.size === 0;
  return value === '' || value === false;
}

/** The number a value stands for, or undefined: numbers, numeric strings, booleans, and null as 0. */
export function toNumber(value: TemplateValue): number | undefined {
  const plain = value instanceof Markup ? value.plain : value;
  if (typeof plain === 'number') return plain;
  if (plain === null || typeof plain === 'boolean') return Number(plain);
  if (typeof plain !== 'string' || plain.length > MAX_NUMERIC || !NUMERIC.test(plain))
    return undefined;
  const number = Number(plain);
  return Number.isFinite(number) ? number : undefined;
}

/**
 * `==` as PHP 8 has it: numbers and numeric strings by value, null and booleans by truth, lists and objects element
 * by element. Every compared element is a step, so that shared nested lists cannot be compared for ever.
 */
export function looseEquals(left: TemplateValue, right: TemplateValue, meter: Meter): boolean {
  const [a, b] = unwrap(left, right, meter);
  if (isNullOrBoolean(a) || isNullOrBoolean(b)) return nullishEquals(a, b);
  if (typeof a === 'object' || typeof b === 'object')
    return deepEquals(a, b, { meter, same: looseEquals });
  if (a === b) return true;
  const [x, y] = [readNumber(a, meter), readNumber(b, meter)];
  return x !== undefined && x === y;
}

/** `is same as`: no conversion. */
export function strictEquals(left: TemplateValue, right: TemplateValue, meter: Meter): boolean {
  const [a, b] = unwrap(left, right, meter);
  return deepEquals(a, b, { meter, same: strictEquals });
}

/** The order of two scalars: -1, 0 or 1. Lists and objects have none. */
export function compareOrder(left: TemplateValue, right: TemplateValue, meter: Meter): number {
  const [a, b] = unwrap(left, right, meter);
  if (isCollection(a) || isCollection(b)) {
    throw new TemplateFailure('template_error', 'Lists and objects cannot be put in order.');
  }
  const [x, y] = bothNumbers(a, b, meter) ?? [String(a ?? ''), String(b ?? '')];
  if (x === y) return 0;
  return x < y ? -1 : 1;
}

/** `in`: an element of a list, a value of an object, a part of a text. */
export function contains(haystack: TemplateValue, needle: TemplateValue, meter: Meter): boolean {
  if (haystack instanceof ListValue) {
    return haystack.items.some((item) => looseEquals(item, needle, meter));
  }
  if (haystack instanceof ObjectValue) {
    // Not copied first: a search that ends early, or is ended by the meter, must cost no more than its steps.
    for (const item of haystack.fields.values()) if (looseEquals(item, needle, meter)) return true;
    return false;
  }
  const text = haystack instanceof Markup ? haystack.plain : haystack;
  const part = needle instanceof Markup ? needle.plain : needle;
  if (typeof text !== 'string' || part === null || typeof part === 'object') return false;
  const searched = String(part);
  meter.reserve(text.length);
  meter.search(text, searched);
  return text.includes(searched);
}

type Unwrapped = Exclude<TemplateValue, Markup>;
type Equals = (left: TemplateValue, right: TemplateValue, meter: Meter) => boolean;

/** A comparison is one step, and one more for each KiB of text, so that long texts cannot be compared for free. */
function unwrap(
  left: TemplateValue,
  right: TemplateValue,
  meter: Meter,
): readonly [Unwrapped, Unwrapped] {
  const a = left instanceof Markup ? left.plain : left;
  const b = right instanceof Markup ? right.plain : right;
  const shorter = typeof a === 'string' && typeof b === 'string' ? Math.min(a.length, b.length) : 0;
  meter.step(1 + (shorter >>> 10));
  return [a, b];
}

function isCollection(value: Unwrapped): value is ListValue | ObjectValue {
  return typeof value === 'object' && value !== null;
}

function isNullOrBoolean(value: Unwrapped): value is null | boolean {
  return value === null || typeof value === 'boolean';
}

function nullishEquals(a: Unwrapped, b: Unwrapped): boolean {
  if (a === null && typeof b === 'string') return b === '';
  if (b === null && typeof a === 'string') return a === '';
  return isTruthy(a) === isTruthy(b);
}

function bothNumbers(a: Unwrapped, b: Unwrapped, meter: Meter): [number, number] | undefined {
  const [x, y] = [readNumber(a, meter), readNumber(b, meter)];
  return x === undefined || y === undefined ? undefined : [x, y];
}

/** Reading the digits of a text takes longer than comparing them. */
function readNumber(value: Unwrapped, meter: Meter): number | undefined {
  if (typeof value === 'string') meter.step(Math.min(value.length, MAX_NUMERIC) >>> 4);
  return toNumber(value);
}

function deepEquals(
  a: Unwrapped,
  b: Unwrapped,
  { meter, same }: { meter: Meter; same: Equals },
): boolean {
  if (a === b) return true;
  if (a instanceof ListValue && b instanceof ListValue) {
    const others = b.items;
    return a.size === b.size && a.items.every((item, i) => same(item, others[i] ?? null, meter));
  }
  if (!(a instanceof ObjectValue) || !(b instanceof ObjectValue) || a.size !== b.size) return false;
  for (const [name, field] of a.fields) {
    const other = b.fields.get(name);
    if (other === undefined || !same(field, other, meter)) return false;
  }
  return true;
}
