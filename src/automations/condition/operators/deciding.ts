import { MANY, type Operators, takes } from './operator.js';

const rank = { var: 'data.rank' };
const email = { var: 'data.email' };

/** Yes, no, and which way to go. An empty list, 0, "" and null count as false. */
export const DECIDING: Operators = {
  and: {
    ...takes(1, MANY),
    arguments: 'condition, …',
    help: 'Whether all hold. Gives the first false value, else the last.',
    example: { and: [{ '==': [rank, 'Captain'] }, { filled: [{ var: 'data.tags' }] }] },
  },
  or: {
    ...takes(1, MANY),
    arguments: 'condition, …',
    help: 'Whether one holds. Gives the first true value, else the last.',
    example: { or: [{ '==': [rank, 'Major'] }, { '==': [rank, 'Captain'] }] },
  },
  '!': {
    ...takes(1),
    arguments: 'condition',
    help: 'Whether it does not hold.',
    example: { '!': email },
  },
  '!!': {
    ...takes(1),
    arguments: 'value',
    help: 'Whether the value counts as true.',
    example: { '!!': rank },
  },
  if: {
    ...takes(1, MANY),
    arguments: 'condition, then, …, else',
    help: 'What follows the first condition that holds, else the last argument.',
    example: { if: [email, false, true] },
  },
  '?:': {
    ...takes(3),
    arguments: 'condition, then, else',
    help: 'The second argument when the condition holds, else the third.',
    example: { '?:': [email, false, true] },
  },
};
