import {
  type ArrowTools,
  type Callable,
  type Callback,
  type CallTools,
  readText,
} from './callable.js';
import { compareOrder, isEmpty, isTruthy } from './compare.js';
import { JsonArray, JsonObject, Markup, type TemplateValue } from './json-value.js';
import { TemplateFailure } from './limits.js';
import { numberOf } from './number-filters.js';
import { characters } from './text-filters.js';

type Values = readonly TemplateValue[];
type Entry = readonly [key: number | string, value: TemplateValue];

/**
 * Filters on lists and objects. They answer new ones and never change what they were given. A list stays a list and
 * an object an object (Twig turns a filtered list into an object), because the result is printed as JSON.
 */
export const LIST_FILTERS: Record<string, Callable> = {
  default: { parameters: [{ name: 'default', fallback: '' }], call: fallback },
  length: { call: ([input = null], tools) => lengthOf(input, tools) },
  first: { call: ([input = null], tools) => valuesOf(input, tools)[0] ?? null },
  last: { call: ([input = null], tools) => valuesOf(input, tools).at(-1) ?? null },
  keys: { call: keys },
  reverse: { parameters: [{ name: 'preserve_keys', fallback: false }], call: reverse },
  slice: {
    parameters: [
      { name: 'start' },
      { name: 'length', fallback: null },
      { name: 'preserve_keys', fallback: false },
    ],
    call: slice,
  },
  join: {
    parameters: [
      { name: 'glue', fallback: '' },
      { name: 'and', fallback: null },
    ],
    call: join,
  },
  merge: { parameters: [{ name: 'source' }], call: merge },
  batch: { parameters: [{ name: 'size' }, { name: 'fill', fallback: null }], call: batch },
  column: { parameters: [{ name: 'name' }], call: column },
  sort: { arrow: 'optional', call: sort },
  map: { arrow: 'required', call: map },
  filter: { arrow: 'optional', call: filter },
  find: { arrow: 'required', call: find },
  reduce: { arrow: 'required', parameters: [{ name: 'initial', fallback: null }], call: reduce },
};

/** Keys and values of a list or object, each charged as a step; nothing for anything else. */
export function entriesOf(value: TemplateValue, { meter }: CallTools): readonly Entry[] {
  if (!(value instanceof JsonArray) && !(value instanceof JsonObject)) return [];
  meter.step(value.size);
  if (value instanceof JsonObject) return [...value.fields];
  return value.items.map((item, index) => [index, item] as const);
}

/** Elements of a list or object, or the characters of a text. */
function valuesOf(value: TemplateValue, tools: CallTools): Values {
  if (value instanceof JsonArray) return value.items;
  if (value instanceof JsonObject) return entriesOf(value, tools).map(([, item]) => item);
  return characters(readText(value, tools));
}

function build(
  like: TemplateValue,
  entries: readonly Entry[],
  { meter }: CallTools,
): TemplateValue {
  meter.items(entries.length);
  if (!(like instanceof JsonObject)) return JsonArray.of(entries.map(([, value]) => value));
  return JsonObject.of(new Map(entries.map(([key, value]) => [String(key), value])));
}

function fallback([input = null, otherwise = '']: Values): TemplateValue {
  return isEmpty(input) ? otherwise : input;
}

function lengthOf(value: TemplateValue, tools: CallTools): number {
  if (value instanceof JsonArray || value instanceof JsonObject) return value.size;
  return characters(readText(value, tools)).length;
}

function keys([input = null]: Values, tools: CallTools): JsonArray {
  const found = entriesOf(input, tools).map(([key]) => key);
  tools.meter.items(found.length);
  return JsonArray.of(found);
}

function reverse([input = null]: Values, tools: CallTools): TemplateValue {
  if (isCollection(input)) return build(input, entriesOf(input, tools).toReversed(), tools);
  return characters(readText(input, tools)).toReversed().join('');
}

function slice([input = null, start, length = null]: Values, tools: CallTools): TemplateValue {
  const from = Math.trunc(numberOf(start, 'slice'));
  const count = length === null ? undefined : Math.trunc(numberOf(length, 'slice'));
  if (isCollection(input)) return build(input, cut(entriesOf(input, tools), from, count), tools);
  return cut(characters(readText(input, tools)), from, count).join('');
}

/** PHP's array_slice: a negative start or length counts from the end. */
function cut<T>(all: readonly T[], start: number, length: number | undefined): readonly T[] {
  const from = start < 0 ? Math.max(0, all.length + start) : start;
  if (length === undefined) return all.slice(from);
  return all.slice(from, length < 0 ? all.length + length : from + length);
}

function join([input = null, glue, and = null]: Values, tools: CallTools): string {
  const parts = entriesOf(input, tools).map(([, item]) => readText(item, tools));
  const between = readText(glue, tools);
  tools.meter.reserve(between.length * parts.length + totalLength(parts));
  const last = and === null ? between : readText(and, tools);
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(between)}${last}${parts.at(-1) ?? ''}`;
}

function totalLength(parts: readonly string[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function merge([input = null, source = null]: Values, tools: CallTools): TemplateValue {
  if (!isCollection(input) || !isCollection(source)) {
    throw new TemplateFailure('template_error', 'merge needs two lists or two objects.');
  }
  const both = [...entriesOf(input, tools), ...entriesOf(source, tools)];
  const asObject = [input, source].find((each) => each instanceof JsonObject && each.size > 0);
  return build(asObject ?? input, both, tools);
}

function batch([input = null, size, fill = null]: Values, tools: CallTools): JsonArray {
  const all = entriesOf(input, tools).map(([, item]) => item);
  const width = Math.ceil(numberOf(size, 'batch'));
  if (width < 1) throw new TemplateFailure('template_error', 'batch needs a size of at least 1.');
  const rows = Math.ceil(all.length / width);
  tools.meter.items(Math.max(rows, fill === null ? all.length : rows * width));
  return JsonArray.of(
    Array.from({ length: rows }, (_, row) => {
      const part = all.slice(row * width, (row + 1) * width);
      if (fill !== null) while (part.length < width) part.push(fill);
      return JsonArray.of(part);
    }),
  );
}

function column([input = null, name]: Values, tools: CallTools): JsonArray {
  const key = readText(name, tools);
  const cells = entriesOf(input, tools).flatMap(([, row]) => {
    const cell = row instanceof JsonObject ? row.fields.get(key) : undefined;
    return cell === undefined ? [] : [cell];
  });
  tools.meter.items(cells.length);
  return JsonArray.of(cells);
}

function sort([input = null]: Values, tools: ArrowTools): TemplateValue {
  const { arrow, meter } = tools;
  const order = arrow
    ? (a: Entry, b: Entry) => numberOf(arrow(a[1], b[1]), 'sort')
    : (a: Entry, b: Entry) => compareOrder(a[1], b[1], meter);
  return build(input, entriesOf(input, tools).toSorted(order), tools);
}

function map([input = null]: Values, tools: ArrowTools): TemplateValue {
  const arrow = given(tools);
  const entries = entriesOf(input, tools);
  return build(
    input,
    entries.map(([key, value]) => [key, arrow(value, key)] as const),
    tools,
  );
}

function filter([input = null]: Values, tools: ArrowTools): TemplateValue {
  const keep = tools.arrow ?? ((value: TemplateValue = null) => value);
  const kept = entriesOf(input, tools).filter(([key, value]) => isTruthy(keep(value, key)));
  return build(input, kept, tools);
}

function find([input = null]: Values, tools: ArrowTools): TemplateValue {
  const arrow = given(tools);
  return entriesOf(input, tools).find(([key, value]) => isTruthy(arrow(value, key)))?.[1] ?? null;
}

function reduce([input = null, initial = null]: Values, tools: ArrowTools): TemplateValue {
  const arrow = given(tools);
  return entriesOf(input, tools).reduce<TemplateValue>(
    (carry, [key, value]) => arrow(carry, value, key),
    initial,
  );
}

function given({ arrow }: ArrowTools): Callback {
  if (arrow) return arrow;
  throw new TemplateFailure('template_error', 'This filter needs an arrow function: v => …');
}

function isCollection(value: TemplateValue): value is JsonArray | JsonObject {
  return typeof value === 'object' && value !== null && !(value instanceof Markup);
}
