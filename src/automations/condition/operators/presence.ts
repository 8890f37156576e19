import { chargeFields } from '../current-evaluation.js';
import { type Operators, takes } from './operator.js';

/** Whether there is anything. Other than `!`, 0 and false are something. */
export const PRESENCE: Operators = {
  blank: {
    ...takes(1),
    arguments: 'value',
    help: 'Whether there is nothing: null, an empty text or white space, an empty list or object.',
    example: { blank: { var: 'data.email' } },
    run: ([value]) => isBlank(value),
  },
  filled: {
    ...takes(1),
    arguments: 'value',
    help: 'Whether there is something: the opposite of `blank`.',
    example: { filled: { var: 'data.rank' } },
    run: ([value]) => !isBlank(value),
  },
};

function isBlank(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value === 'string') return value.trim() === '';
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return false;
  const { length } = Object.keys(value);
  chargeFields(length);
  return length === 0;
}
