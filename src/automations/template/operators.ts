import { type CallTools, readText } from './callable.js';
import { compareOrder, contains, looseEquals } from './compare.js';
import { range } from './functions.js';
import type { TemplateValue } from './json-value.js';
import { TemplateFailure } from './limits.js';
import { finite, numberOf } from './number-filters.js';
import type { SyntaxNode } from './syntax.js';

type Binary = (left: TemplateValue, right: TemplateValue, tools: CallTools) => TemplateValue;

/**
 * Operators that look at both sides. Arithmetic is on numbers (a numeric text counts as one) and its result is always
 * a finite number, because JSON has no other.
 */
export const BINARY_OPERATORS: ReadonlyMap<SyntaxNode['type'], Binary> = new Map<
  SyntaxNode['type'],
  Binary
>([
  ['add', arithmetic('+', (a, b) => a + b)],
  ['subtract', arithmetic('-', (a, b) => a - b)],
  ['multiply', arithmetic('*', (a, b) => a * b)],
  ['divide', arithmetic('/', (a, b) => a / nonZero(b))],
  ['divide_and_floor', arithmetic('//', (a, b) => Math.floor(a / nonZero(b)))],
  ['modulo', arithmetic('%', (a, b) => a % nonZero(b))],
  ['power', arithmetic('**', (a, b) => a ** b)],
  ['bitwise_and', arithmetic('b-and', (a, b) => a & b)],
  ['bitwise_or', arithmetic('b-or', (a, b) => a | b)],
  ['bitwise_xor', arithmetic('b-xor', (a, b) => a ^ b)],
  ['concatenate', concatenate],
  ['range', (low, high, tools) => range(low, high, { step: 1, tools })],
  ['is_equal_to', (a, b, { meter }) => looseEquals(a, b, meter)],
  ['is_not_equal_to', (a, b, { meter }) => !looseEquals(a, b, meter)],
  ['is_less_than', (a, b, { meter }) => compareOrder(a, b, meter) < 0],
  ['is_less_than_or_equal_to', (a, b, { meter }) => compareOrder(a, b, meter) <= 0],
  ['is_greater_than', (a, b, { meter }) => compareOrder(a, b, meter) > 0],
  ['is_greater_than_or_equal_to', (a, b, { meter }) => compareOrder(a, b, meter) >= 0],
  ['spaceship', (a, b, { meter }) => compareOrder(a, b, meter)],
  ['is_in', (a, b, { meter }) => contains(b, a, meter)],
  ['is_not_in', (a, b, { meter }) => !contains(b, a, meter)],
  [
    'starts_with',
    (a, b, tools) => isText(a, b) && readText(a, tools).startsWith(readText(b, tools)),
  ],
  ['ends_with', (a, b, tools) => isText(a, b) && readText(a, tools).endsWith(readText(b, tools))],
]);

function arithmetic(sign: string, calculate: (a: number, b: number) => number): Binary {
  return (left, right) => finite(calculate(numberOf(left, sign), numberOf(right, sign)));
}

function nonZero(divisor: number): number {
  if (divisor === 0) throw new TemplateFailure('template_error', 'This divides by zero.');
  return divisor;
}

/** Charged before it is made: doubling a text thirty times is a gigabyte. */
function concatenate(left: TemplateValue, right: TemplateValue, tools: CallTools): string {
  const [a, b] = [readText(left, tools), readText(right, tools)];
  tools.meter.reserve(a.length + b.length);
  return a + b;
}

function isText(...values: readonly TemplateValue[]): boolean {
  return values.every((value) => value !== null && typeof value !== 'boolean');
}
