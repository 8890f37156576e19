import type { Callable } from './callable.js';
import { isEmpty, strictEquals } from './compare.js';
import { JsonArray, JsonObject } from './json-value.js';
import { TemplateFailure } from './limits.js';
import { numberOf } from './number-filters.js';

const isNull: Callable = { call: ([value = null]) => value === null };

/** What may follow `is` and `is not`. */
export const TEST_TABLE: Record<string, Callable> = {
  null: isNull,
  none: isNull,
  empty: { call: ([value = null]) => isEmpty(value) },
  even: { call: ([value]) => numberOf(value, 'even') % 2 === 0 },
  odd: { call: ([value]) => Math.abs(numberOf(value, 'odd') % 2) === 1 },
  iterable: { call: ([value]) => value instanceof JsonArray || value instanceof JsonObject },
  sequence: { call: ([value]) => value instanceof JsonArray },
  mapping: { call: ([value]) => value instanceof JsonObject },
  'divisible by': {
    parameters: [{ name: 'divisor' }],
    call: ([value, divisor]) => {
      const by = numberOf(divisor, 'divisible by');
      if (by === 0) throw new TemplateFailure('template_error', 'Nothing is divisible by 0.');
      return numberOf(value, 'divisible by') % by === 0;
    },
  },
  'same as': {
    parameters: [{ name: 'comparand' }],
    call: ([value = null, other = null], { meter }) => strictEquals(value, other, meter),
  },
};
