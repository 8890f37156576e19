import { isListOrObject } from '../../../json.js';
import { charge, chargeSearch } from '../current-evaluation.js';
import { equal } from './equal.js';
import { MANY, type Operator, type Operators, takes } from './operator.js';

const awards = { var: 'data.awards' };
const tags = { var: 'data.tags' };

const loop = { ...takes(2), arguments: 'list, condition', loopsOver: 'items' } as const;

export const LISTS: Operators = {
  some: {
    ...loop,
    help: 'Whether the condition holds for an item of the list.',
    example: { some: [awards, { '>': [{ var: 'year' }, 2025] }] },
  },
  all: {
    ...loop,
    help: 'Whether the condition holds for every item; false for an empty list.',
    example: { all: [awards, { '>': [{ var: 'year' }, 2000] }] },
  },
  none: {
    ...loop,
    help: 'Whether the condition holds for no item; true for an empty list.',
    example: { none: [awards, { '>': [{ var: 'year' }, 2030] }] },
  },
  filter: {
    ...loop,
    help: 'The items for which the condition holds.',
    example: { '==': [{ length: { filter: [awards, { '>': [{ var: 'year' }, 2025] }] } }, 1] },
  },
  map: {
    ...loop,
    arguments: 'list, value',
    help: 'What the second argument gives for each item.',
    example: { in: [2026, { map: [awards, { var: 'year' }] }] },
  },
  reduce: {
    ...takes(2, 3),
    arguments: 'list, value, start?',
    loopsOver: 'accumulation',
    help: 'One value of all items, made from `accumulator` and `current` again and again.',
    example: {
      '>': [
        { reduce: [awards, { '+': [{ var: 'accumulator' }, { var: 'current.year' }] }, 0] },
        4000,
      ],
    },
  },
  merge: {
    ...takes(0, MANY),
    arguments: 'list, …',
    help: 'One list of all items; a single value counts as a list of one.',
    example: { in: ['cook', { merge: [tags, ['cook']] }] },
  },
  in: {
    ...takes(2),
    arguments: 'wanted, holder',
    help: 'Whether a list holds the value, or a text holds the text.',
    example: { in: [{ var: 'data.rank' }, ['Captain', 'Major']] },
    run: ([wanted, holder]) => isIn(wanted, holder),
  },
  intersects: {
    ...takes(2),
    arguments: 'list, list',
    help: 'Whether two lists share an item; a single value counts as a list of one.',
    example: { intersects: [tags, ['radio', 'cook']] },
    run: ([a, b]) => intersects(listOf(a), listOf(b)),
  },
} satisfies Record<string, Operator>;

/** As json-logic-js has it, and charged: on two long texts it takes the product of their lengths. */
function isIn(wanted: unknown, holder: unknown): boolean {
  if (Array.isArray(holder)) return holder.indexOf(wanted) !== -1;
  // An empty text holds nothing, not even an empty text: json-logic-js takes it for missing.
  if (typeof holder !== 'string' || holder === '') return false;
  const text = String(wanted);
  chargeSearch(text, holder);
  return holder.includes(text);
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === null || value === undefined ? [] : [value];
}

/** Plain values are looked up, so two long lists of them take no longer than reading them. */
function intersects(a: readonly unknown[], b: readonly unknown[]): boolean {
  charge((a.length + b.length) / 4);
  const plain = new Set(b.filter((item) => !isListOrObject(item)));
  const composite = b.filter(isListOrObject);
  return a.some((item) =>
    isListOrObject(item) ? composite.some((other) => equal(item, other)) : plain.has(item),
  );
}
