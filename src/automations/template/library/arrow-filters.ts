import type { ArrowTools, Callable, Callback } from './callable.js';
import { compareOrder, isTruthy } from '../values/compare.js';
import type { TemplateValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';
import { collectionOf, entriesOf, type Entry } from './collections.js';
import { numberOf } from './number-filters.js';

type Values = readonly TemplateValue[];

/** Filters that take an arrow function: `v => …`, or `(v, k) => …` with the index or name. */
export const ARROW_FILTERS: Record<string, Callable> = {
  sort: {
    help: 'In ascending order, or as the arrow function says with -1, 0 or 1.',
    example: '[1, 2, 3]|sort((a, b) => b <=> a)',
    arrow: 'optional',
    call: sort,
  },
  map: {
    help: 'What the arrow function makes of each element.',
    example: "data.tags|map(tag => '#' ~ tag)",
    arrow: 'required',
    call: map,
  },
  filter: {
    help: 'The elements that the arrow function accepts; without one, those that are not empty.',
    example: '[1, 2, 3, 4]|filter(n => n > 2)',
    arrow: 'optional',
    call: filter,
  },
  find: {
    help: 'The first element that the arrow function accepts, or null.',
    example: '[1, 2, 3, 4]|find(n => n > 2)',
    arrow: 'required',
    call: find,
  },
  reduce: {
    help: 'One value of all: the arrow function gets what there is so far and the next element.',
    example: '[1, 2, 3]|reduce((sum, n) => sum + n, 0)',
    arrow: 'required',
    parameters: [{ name: 'initial', fallback: null }],
    call: reduce,
  },
};

function sort([input = null]: Values, tools: ArrowTools): TemplateValue {
  const { arrow, meter } = tools;
  const order = arrow
    ? (a: Entry, b: Entry) => numberOf(arrow(a[1], b[1]), 'sort')
    : (a: Entry, b: Entry) => compareOrder(a[1], b[1], meter);
  return collectionOf(input, entriesOf(input, tools).toSorted(order), tools);
}

function map([input = null]: Values, tools: ArrowTools): TemplateValue {
  const arrow = given(tools);
  const mapped = entriesOf(input, tools).map(([key, value]) => [key, arrow(value, key)] as const);
  return collectionOf(input, mapped, tools);
}

function filter([input = null]: Values, tools: ArrowTools): TemplateValue {
  const keep = tools.arrow ?? ((value: TemplateValue = null) => value);
  const entries = entriesOf(input, tools);
  // Once more: what is tried costs as much as what is kept.
  tools.meter.step(entries.length);
  const kept = entries.filter(([key, value]) => isTruthy(keep(value, key)));
  return collectionOf(input, kept, tools);
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
