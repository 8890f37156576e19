import { TemplateFailure } from '../limits.js';
import type { SyntaxNode } from '../syntax.js';

/** An operator that makes a number of two. */
interface Calculation {
  type: SyntaxNode['type'];
  sign: string;
  /** What it does, in one line. */
  help: string;
  /** An expression that uses it. */
  example: string;
  calculate: (a: number, b: number) => number;
}

const NUMBERS = { help: 'Calculates with numbers; a numeric text counts as one.' };
const BITS = { help: 'Combines the bits of two numbers.' };

/** Operators on numbers. What they make may be infinite or not a number. */
export const CALCULATIONS: readonly Calculation[] = [
  {
    type: 'add',
    sign: '+',
    ...NUMBERS,
    example: 'data.points + 1',
    calculate: (a, b) => a + b,
  },
  {
    type: 'subtract',
    sign: '-',
    ...NUMBERS,
    example: 'data.points - 1',
    calculate: (a, b) => a - b,
  },
  {
    type: 'multiply',
    sign: '*',
    ...NUMBERS,
    example: 'data.points * 2',
    calculate: (a, b) => a * b,
  },
  {
    type: 'divide',
    sign: '/',
    ...NUMBERS,
    example: 'data.points / 2',
    calculate: (a, b) => a / nonZero(b),
  },
  {
    type: 'divide_and_floor',
    sign: '//',
    help: 'Divides and rounds down.',
    example: '7 // 2',
    calculate: (a, b) => Math.floor(a / nonZero(b)),
  },
  {
    type: 'modulo',
    sign: '%',
    help: 'The remainder of a division.',
    example: '7 % 3',
    calculate: (a, b) => a % nonZero(b),
  },
  {
    type: 'power',
    sign: '**',
    help: 'Raises to a power.',
    example: '2 ** 10',
    calculate: (a, b) => a ** b,
  },
  {
    type: 'bitwise_and',
    sign: 'b-and',
    ...BITS,
    example: '5 b-and 3',
    calculate: (a, b) => a & b,
  },
  {
    type: 'bitwise_or',
    sign: 'b-or',
    ...BITS,
    example: '5 b-or 3',
    calculate: (a, b) => a | b,
  },
  {
    type: 'bitwise_xor',
    sign: 'b-xor',
    ...BITS,
    example: '5 b-xor 3',
    calculate: (a, b) => a ^ b,
  },
];

function nonZero(divisor: number): number {
  if (divisor === 0) throw new TemplateFailure('template_error', 'This divides by zero.');
  return divisor;
}
