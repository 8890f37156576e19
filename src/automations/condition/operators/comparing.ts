import { timeOf } from './event-time.js';
import { type Operators, takes } from './operator.js';

const points = { var: 'data.points' };

export const COMPARING: Operators = {
  '==': {
    ...takes(2),
    arguments: 'a, b',
    help: 'Whether two values are the same; a number equals its text.',
    example: { '==': [{ var: 'data.rank' }, 'Captain'] },
  },
  '!=': {
    ...takes(2),
    arguments: 'a, b',
    help: 'Whether two values differ; a number equals its text.',
    example: { '!=': [{ var: 'data.rank' }, 'Private'] },
  },
  '===': {
    ...takes(2),
    arguments: 'a, b',
    help: 'Whether two values are the same and of the same type.',
    example: { '===': [points, 120] },
  },
  '!==': {
    ...takes(2),
    arguments: 'a, b',
    help: 'Whether two values differ, or their types.',
    example: { '!==': [points, '120'] },
  },
  '>': {
    ...takes(2),
    arguments: 'a, b',
    help: 'Whether the first is greater. Two texts compare by their characters.',
    example: { '>': [points, 100] },
  },
  '>=': {
    ...takes(2),
    arguments: 'a, b',
    help: 'Whether the first is greater or the same.',
    example: { '>=': [points, 120] },
  },
  '<': {
    ...takes(2, 3),
    arguments: 'a, b, c?',
    help: 'Whether the first is less; of three, whether the second lies between the others.',
    example: { '<': [100, points, 200] },
  },
  '<=': {
    ...takes(2, 3),
    arguments: 'a, b, c?',
    help: 'Whether the first is less or the same; of three, whether they are in order.',
    example: { '<=': [100, points, 120] },
  },
  between: {
    ...takes(3),
    arguments: 'value, low, high',
    help: 'Whether a number, a time or a text lies between two others, both included.',
    example: { between: [points, 100, 120] },
    run: ([value, low, high]) => isBetween([value, low, high]),
  },
};

type Three = readonly [value: unknown, low: unknown, high: unknown];

/** As numbers where all three are, else as times, else as texts. */
function isBetween(values: Three): boolean {
  return (
    inOrder(values.map(asNumber)) ??
    inOrder(values.map(timeOf)) ??
    inOrder(values.map(asText)) ??
    false
  );
}

/** Undefined when one of them could not be read. */
function inOrder([value, low, high]: (number | undefined)[] | (string | undefined)[]):
  boolean | undefined {
  if (value === undefined || low === undefined || high === undefined) return undefined;
  return low <= value && value <= high;
}

const DECIMAL = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*$/;
const MAX_NUMBER_LENGTH = 40;

function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.length > MAX_NUMBER_LENGTH) return undefined;
  return DECIMAL.test(value) ? Number(value) : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
