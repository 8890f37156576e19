import type { Callable } from './callable.js';
import { isEmpty, strictEquals } from '../values/compare.js';
import { ListValue, ObjectValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';
import { numberOf } from './number-filters.js';

const isNull: Callable = {
  help: 'Whether it is null or missing.',
  example: 'data.email is null',
  call: ([value = null]) => value === null,
};

/** What may follow `is` and `is not`. */
export const TEST_TABLE: Record<string, Callable> = {
  null: isNull,
  none: { ...isNull, example: 'data.email is none' },
  empty: {
    help: 'Whether it is null, false, "" or holds nothing; 0 is not empty.',
    example: "'' is empty",
    call: ([value = null]) => isEmpty(value),
  },
  even: {
    help: 'Whether a number is even.',
    example: 'data.id is even',
    call: ([value]) => numberOf(value, 'even') % 2 === 0,
  },
  odd: {
    help: 'Whether a number is odd.',
    example: 'data.id is odd',
    call: ([value]) => Math.abs(numberOf(value, 'odd') % 2) === 1,
  },
  iterable: {
    help: 'Whether it is a list or an object.',
    example: 'data.unit is iterable',
    call: ([value]) => value instanceof ListValue || value instanceof ObjectValue,
  },
  sequence: {
    help: 'Whether it is a list.',
    example: 'data.tags is sequence',
    call: ([value]) => value instanceof ListValue,
  },
  mapping: {
    help: 'Whether it is an object.',
    example: 'data.tags is mapping',
    call: ([value]) => value instanceof ObjectValue,
  },
  'divisible by': {
    help: 'Whether a division leaves no remainder.',
    example: 'data.id is divisible by(7)',
    parameters: [{ name: 'divisor' }],
    call: ([value, divisor]) => {
      const by = numberOf(divisor, 'divisible by');
      if (by === 0) throw new TemplateFailure('template_error', 'Nothing is divisible by 0.');
      return numberOf(value, 'divisible by') % by === 0;
    },
  },
  'same as': {
    help: 'Whether both are equal without any conversion.',
    example: "'7' is same as(data.id)",
    parameters: [{ name: 'comparand' }],
    call: ([value = null, other = null], { meter }) => strictEquals(value, other, meter),
  },
};
