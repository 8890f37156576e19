import { CALCULATIONS } from './arithmetic.js';
import { type CallTools, readText } from './callable.js';
import { compareOrder, contains, looseEquals } from '../values/compare.js';
import { toText } from '../values/escape.js';
import { range } from './functions.js';
import type { TemplateValue } from '../values/template-value.js';
import { finite, numberOf } from './number-filters.js';
import type { SyntaxNode } from '../syntax.js';

type Apply = (left: TemplateValue, right: TemplateValue, tools: CallTools) => TemplateValue;

/** An operator that looks at both sides. */
interface BinaryOperator {
  sign: string;
  /** What it does, in one line. */
  help: string;
  /** An expression that uses it. */
  example: string;
  apply: Apply;
}

const ORDER = { help: 'Compares numbers by value and texts by their characters.' };

/**
 * Operators that look at both sides. Arithmetic is on numbers (a numeric text counts as one) and its result is always
 * a finite number, because JSON has no other.
 */
export const BINARY_OPERATORS: ReadonlyMap<SyntaxNode['type'], BinaryOperator> = new Map([
  ...CALCULATIONS.map(({ type, calculate, ...operator }) =>
    on(type, operator, calculated(operator.sign, calculate)),
  ),
  on(
    'concatenate',
    { sign: '~', help: 'Joins two values as one text.', example: "data.rank ~ ' ' ~ data.id" },
    concatenate,
  ),
  on(
    'range',
    { sign: '..', help: 'The numbers from one to the other.', example: '1..4' },
    (low, high, tools) => range(low, high, { step: 1, tools }),
  ),
  on(
    'is_equal_to',
    {
      sign: '==',
      help: 'Equal; a number equals the text that shows it.',
      example: "data.rank == 'Captain'",
    },
    (a, b, { meter }) => looseEquals(a, b, meter),
  ),
  on(
    'is_not_equal_to',
    { sign: '!=', help: 'Not equal.', example: "data.rank != 'Captain'" },
    (a, b, { meter }) => !looseEquals(a, b, meter),
  ),
  on(
    'is_less_than',
    { sign: '<', ...ORDER, example: 'data.points < 1000' },
    ordered((sign) => sign < 0),
  ),
  on(
    'is_less_than_or_equal_to',
    { sign: '<=', ...ORDER, example: 'data.points <= 1000' },
    ordered((sign) => sign <= 0),
  ),
  on(
    'is_greater_than',
    { sign: '>', ...ORDER, example: 'data.points > 1000' },
    ordered((sign) => sign > 0),
  ),
  on(
    'is_greater_than_or_equal_to',
    { sign: '>=', ...ORDER, example: 'data.points >= 1000' },
    ordered((sign) => sign >= 0),
  ),
  on(
    'spaceship',
    { sign: '<=>', help: '-1, 0 or 1: how two values are ordered.', example: '1 <=> 2' },
    ordered((sign) => sign),
  ),
  on(
    'is_in',
    {
      sign: 'in',
      help: 'An element of a list, or a part of a text.',
      example: "'pilot' in data.tags",
    },
    (a, b, { meter }) => contains(b, a, meter),
  ),
  on(
    'is_not_in',
    {
      sign: 'not in',
      help: 'No element of a list, and no part of a text.',
      example: "'cook' not in data.tags",
    },
    (a, b, { meter }) => !contains(b, a, meter),
  ),
  on(
    'starts_with',
    {
      sign: 'starts with',
      help: 'Whether a text begins with another.',
      example: "event.type starts with 'user.'",
    },
    (a, b, tools) => isText(a, b) && readText(a, tools).startsWith(readText(b, tools)),
  ),
  on(
    'ends_with',
    {
      sign: 'ends with',
      help: 'Whether a text ends with another.',
      example: "event.type ends with '.deleted'",
    },
    (a, b, tools) => isText(a, b) && readText(a, tools).endsWith(readText(b, tools)),
  ),
]);

function on(
  type: SyntaxNode['type'],
  operator: Omit<BinaryOperator, 'apply'>,
  apply: Apply,
): readonly [SyntaxNode['type'], BinaryOperator] {
  return [type, { ...operator, apply }];
}

function ordered(answer: (sign: number) => TemplateValue): Apply {
  return (a, b, { meter }) => answer(compareOrder(a, b, meter));
}

function calculated(sign: string, calculate: (a: number, b: number) => number): Apply {
  return (left, right) => finite(calculate(numberOf(left, sign), numberOf(right, sign)));
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
