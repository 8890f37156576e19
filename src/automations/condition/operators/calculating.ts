import { MANY, type Operators, takes } from './operator.js';

const points = { var: 'data.points' };

/** What is no number makes the result no number, which is neither greater nor less than anything, and counts as false. */
export const CALCULATING: Operators = {
  '+': {
    ...takes(1, MANY),
    arguments: 'number, …',
    help: 'The sum; of one text, its number.',
    example: { '==': [{ '+': [points, 1] }, 121] },
  },
  '-': {
    ...takes(1, 2),
    arguments: 'a, b?',
    help: 'The difference; of one number, its negative.',
    example: { '==': [{ '-': [points, 20] }, 100] },
  },
  '*': {
    ...takes(1, MANY),
    arguments: 'number, …',
    help: 'The product.',
    example: { '==': [{ '*': [points, 2] }, 240] },
  },
  '/': {
    ...takes(2),
    arguments: 'a, b',
    help: 'The quotient.',
    example: { '==': [{ '/': [points, 4] }, 30] },
  },
  '%': {
    ...takes(2),
    arguments: 'a, b',
    help: 'The remainder of a division.',
    example: { '==': [{ '%': [points, 50] }, 20] },
  },
  max: {
    ...takes(1, MANY),
    arguments: 'number, …',
    help: 'The greatest.',
    example: { '==': [{ max: [1, points] }, 120] },
  },
  min: {
    ...takes(1, MANY),
    arguments: 'number, …',
    help: 'The least.',
    example: { '==': [{ min: [200, points] }, 120] },
  },
};
