import { type CallTools, readText } from './callable.js';
import { compareOrder, contains, looseEquals } from '../values/compare.js';
import { toText } from '../values/escape.js';
import { range } from './functions.js';
import type { TemplateValue } from '../values/json-value.js';
import { TemplateFailure } from '../limits.js';
import { finite, numberOf } from './number-filters.js';
import type { SyntaxNode } from '../parsing/syntax.js';

type Apply = (left: TemplateValue, right: TemplateValue, tools: CallTools) => TemplateValue;

/** An operator that looks at both sides. */
export interface BinaryOperator {
  sign: string;
  /** What it does, in one line. */
  help: string;
  /** An expression that uses it. */
  example: string;
  apply: Apply;
}

const NUMBERS = { help: 'Calculates with numbers; a numeric text counts as one.' };
const ORDER = { help: 'Compares numbers by value and texts by their characters.' };
const BITS = { help: 'Combines the bits of two numbers.' };

/**
 * Operators that look at both sides. Arithmetic is on numbers (a numeric text counts as one) and its result is always
 * a finite number, because JSON has no other.
 */
export const BINARY_OPERATORS: ReadonlyMap<SyntaxNode['type'], BinaryOperator> = new Map([
  on(
    'add',
    '+',
    { ...NUMBERS, example: 'data.points + 1' },
    calculated('+', (a, b) => a + b),
  ),
  on(
    'subtract',
    '-',
    { ...NUMBERS, example: 'data.points - 1' },
    calculated('-', (a, b) => a - b),
  ),
  on(
    'multiply',
    '*',
    { ...NUMBERS, example: 'data.points * 2' },
    calculated('*', (a, b) => a * b),
  ),
  on(
    'divide',
    '/',
    { ...NUMBERS, example: 'data.points / 2' },
    calculated('/', (a, b) => a / nonZero(b)),
  ),
  on(
    'divide_and_floor',
    '//',
    { help: 'Divides and rounds down.', example: '7 // 2' },
    calculated('//', (a, b) => Math.floor(a / nonZero(b))),
  ),
  on(
    'modulo',
    '%',
    { help: 'The remainder of a division.', example: '7 % 3' },
    calculated('%', (a, b) => a % nonZero(b)),
  ),
  on(
    'power',
    '**',
    { help: 'Raises to a power.', example: '2 ** 10' },
    calculated('**', (a, b) => a ** b),
  ),
  on(
    'bitwise_and',
    'b-and',
    { ...BITS, example: '5 b-and 3' },
    calculated('b-and', (a, b) => a & b),
  ),
  on(
    'bitwise_or',
    'b-or',
    { ...BITS, example: '5 b-or 3' },
    calculated('b-or', (a, b) => a | b),
  ),
  on(
    'bitwise_xor',
    'b-xor',
    { ...BITS, example: '5 b-xor 3' },
    calculated('b-xor', (a, b) => a ^ b),
  ),
  on(
    'concatenate',
    '~',
    { help: 'Joins two values as one text.', example: "data.rank ~ ' ' ~ data.id" },
    concatenate,
  ),
  on(
    'range',
    '..',
    { help: 'The numbers from one to the other.', example: '1..4' },
    (low, high, tools) => range(low, high, { step: 1, tools }),
  ),
  on(
    'is_equal_to',
    '==',
    { help: 'Equal; a number equals the text that shows it.', example: "data.rank == 'Captain'" },
    (a, b, { meter }) => looseEquals(a, b, meter),
  ),
  on(
    'is_not_equal_to',
    '!=',
    { help: 'Not equal.', example: "data.rank != 'Captain'" },
    (a, b, { meter }) => !looseEquals(a, b, meter),
  ),
  on(
    'is_less_than',
    '<',
    { ...ORDER, example: 'data.points < 1000' },
    ordered((sign) => sign < 0),
  ),
  on(
    'is_less_than_or_equal_to',
    '<=',
    { ...ORDER, example: 'data.points <= 1000' },
    ordered((sign) => sign <= 0),
  ),
  on(
    'is_greater_than',
    '>',
    { ...ORDER, example: 'data.points > 1000' },
    ordered((sign) => sign > 0),
  ),
  on(
    'is_greater_than_or_equal_to',
    '>=',
    { ...ORDER, example: 'data.points >= 1000' },
    ordered((sign) => sign >= 0),
  ),
  on(
    'spaceship',
    '<=>',
    { help: '-1, 0 or 1: how two values are ordered.', example: '1 <=> 2' },
    ordered((sign) => sign),
  ),
  on(
    'is_in',
    'in',
    { help: 'An element of a list, or a part of a text.', example: "'pilot' in data.tags" },
    (a, b, { meter }) => contains(b, a, meter),
  ),
  on(
    'is_not_in',
    'not in',
    { help: 'No element of a list, and no part of a text.', example: "'cook' not in data.tags" },
    (a, b, { meter }) => !contains(b, a, meter),
  ),
  on(
    'starts_with',
    'starts with',
    { help: 'Whether a text begins with another.', example: "event.type starts with 'user.'" },
    (a, b, tools) => isText(a, b) && readText(a, tools).startsWith(readText(b, tools)),
  ),
  on(
    'ends_with',
    'ends with',
    { help: 'Whether a text ends with another.', example: "event.type ends with '.deleted'" },
    (a, b, tools) => isText(a, b) && readText(a, tools).endsWith(readText(b, tools)),
  ),
]);

function on(
  type: SyntaxNode['type'],
  sign: string,
  help: { help: string; example: string },
  apply: Apply,
): readonly [SyntaxNode['type'], BinaryOperator] {
  return [type, { sign, ...help, apply }];
}

function ordered(answer: (sign: number) => TemplateValue): Apply {
  return (a, b, { meter }) => answer(compareOrder(a, b, meter));
}

function calculated(sign: string, calculate: (a: number, b: number) => number): Apply {
  return (left, right) => finite(calculate(numberOf(left, sign), numberOf(right, sign)));
}

function nonZero(divisor: number): number {
  if (divisor === 0) throw new TemplateFailure('template_error', 'This divides by zero.');
  return divisor;
}

/** Charged before it is made: doubling a text thirty times is a gigabyte. */
function concatenate(left: TemplateValue, right: TemplateValue, tools: CallTools): string {
  const [a, b] = [toText(left, tools.meter), toText(right, tools.meter)];
  tools.meter.reserve(a.length + b.length);
  return a + b;
}

function isText(...values: readonly TemplateValue[]): boolean {
  return values.every((value) => value !== null && typeof value !== 'boolean');
}
