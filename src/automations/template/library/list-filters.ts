import { type Callable, type CallTools, readText } from './callable.js';
import {
  characters,
  countCharacters,
  sliceBounds,
  sliceCharacters,
  characterCharge,
} from '../values/characters.js';
import { isEmpty } from '../values/compare.js';
import { collectionOf, entriesOf, isCollection } from './collections.js';
import { ListValue, ObjectValue, type TemplateValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';
import { numberOf } from './number-filters.js';

type Values = readonly TemplateValue[];

/** Besides one for each element. */
const STEPS_OF_A_MERGE = 10;
const STEPS_OF_A_ROW = 4;

const PRESERVE_KEYS = { name: 'preserve_keys', fallback: false };

/**
 * Filters on lists and objects. They answer new ones and never change what they were given. A list stays a list and
 * an object an object (Twig turns a filtered list into an object), because the result is printed as JSON.
 */
export const LIST_FILTERS: Record<string, Callable> = {
  default: {
    help: 'Something else for null, false, "" and what is empty.',
    example: "data.email|default('none')",
    parameters: [{ name: 'default', fallback: '' }],
    call: fallback,
  },
  length: {
    help: 'How many elements or characters there are.',
    example: 'data.tags|length',
    call: ([input = null], tools) => lengthOf(input, tools),
  },
  first: {
    help: 'The first element or character.',
    example: 'data.tags|first',
    call: ([input = null], tools) => elementAt(input, 0, tools),
  },
  last: {
    help: 'The last element or character.',
    example: 'data.tags|last',
    call: ([input = null], tools) => elementAt(input, -1, tools),
  },
  keys: {
    help: 'The names of an object, or the indexes of a list.',
    example: 'data.unit|keys',
    call: keys,
  },
  reverse: {
    help: 'Elements or characters from the last to the first.',
    example: 'data.tags|reverse',
    parameters: [PRESERVE_KEYS],
    call: reverse,
  },
  slice: {
    help: 'A part of a list, object or text; a negative start or length counts from the end.',
    example: 'data.rank|slice(0, 3)',
    parameters: [{ name: 'start' }, { name: 'length', fallback: null }, PRESERVE_KEYS],
    call: slice,
  },
  join: {
    help: 'The elements as one text, with glue between them and `and` before the last.',
    example: "['a', 'b', 'c']|join(', ', ' and ')",
    parameters: [
      { name: 'glue', fallback: '' },
      { name: 'and', fallback: null },
    ],
    call: join,
  },
  merge: {
    help: 'Two lists in a row, or an object with the fields of another over its own.',
    example: 'data.unit|merge({size: 13})',
    parameters: [{ name: 'source' }],
    call: merge,
  },
  batch: {
    help: 'Lists of so many elements, the last one filled up if fill is given.',
    example: '[1, 2, 3]|batch(2, 0)',
    parameters: [{ name: 'size' }, { name: 'fill', fallback: null }],
    call: batch,
  },
  column: {
    help: 'One field of each object of a list.',
    example: "[{n: 1}, {n: 2}]|column('n')",
    parameters: [{ name: 'name' }],
    call: column,
  },
};

function fallback([input = null, otherwise = '']: Values): TemplateValue {
  return isEmpty(input) ? otherwise : input;
}

function lengthOf(value: TemplateValue, tools: CallTools): number {
  return isCollection(value) ? value.size : countCharacters(readSlowly(value, tools));
}

/** A text has characters where a list has elements, and '' where it has none. */
function elementAt(value: TemplateValue, index: 0 | -1, tools: CallTools): TemplateValue {
  if (value === null) return null;
  if (value instanceof ListValue) return value.items.at(index) ?? null;
  if (value instanceof ObjectValue) return entriesOf(value, tools).at(index)?.[1] ?? null;
  return sliceCharacters(readSlowly(value, tools), index, 1);
}

/** A text whose characters are counted. */
function readSlowly(value: TemplateValue, tools: CallTools): string {
  const text = readText(value, tools);
  tools.meter.chargeText(characterCharge(text));
  return text;
}

function keys([input = null]: Values, tools: CallTools): ListValue {
  const found = entriesOf(input, tools).map(([key]) => key);
  tools.meter.items(found.length);
  return ListValue.of(found);
}

function reverse([input = null]: Values, tools: CallTools): TemplateValue {
  if (isCollection(input)) return collectionOf(input, entriesOf(input, tools).toReversed(), tools);
  const text = readText(input, tools);
  tools.meter.chargeText(text.length * 24);
  return characters(text).toReversed().join('');
}

function slice([input = null, start, length = null]: Values, tools: CallTools): TemplateValue {
  const first = Math.trunc(numberOf(start, 'slice'));
  const count = length === null ? undefined : Math.trunc(numberOf(length, 'slice'));
  if (!isCollection(input)) return sliceCharacters(readSlowly(input, tools), first, count);
  const { from, to } = sliceBounds(input.size, first, count);
  return collectionOf(input, entriesOf(input, tools).slice(from, to), tools);
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
  tools.meter.step(STEPS_OF_A_MERGE);
  const both = [...entriesOf(input, tools), ...entriesOf(source, tools)];
  const asObject = [input, source].find((each) => each instanceof ObjectValue && each.size > 0);
  return collectionOf(asObject ?? input, both, tools);
}

function batch([input = null, size, fill = null]: Values, tools: CallTools): ListValue {
  const all = entriesOf(input, tools).map(([, item]) => item);
  const width = Math.ceil(numberOf(size, 'batch'));
  if (width < 1) throw new TemplateFailure('template_error', 'batch needs a size of at least 1.');
  const rows = Math.ceil(all.length / width);
  tools.meter.step(STEPS_OF_A_ROW * Math.min(rows, all.length));
  tools.meter.items(Math.max(rows, fill === null ? all.length : rows * width));
  return ListValue.of(
    Array.from({ length: rows }, (_, row) => {
      const part = all.slice(row * width, (row + 1) * width);
      if (fill !== null) while (part.length < width) part.push(fill);
      return ListValue.of(part);
    }),
  );
}

function column([input = null, name]: Values, tools: CallTools): ListValue {
  const key = readText(name, tools);
  const cells = entriesOf(input, tools).flatMap(([, row]) => {
    const cell = row instanceof ObjectValue ? row.fields.get(key) : undefined;
    return cell === undefined ? [] : [cell];
  });
  tools.meter.items(cells.length);
  return ListValue.of(cells);
}
