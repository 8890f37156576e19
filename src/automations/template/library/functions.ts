import type { Callable, CallTools } from './callable.js';
import { compareOrder } from '../values/compare.js';
import { DATE_FUNCTION } from './date-filters.js';
import { ListValue, type TemplateValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';
import { entriesOf } from './collections.js';
import { finite, numberOf } from './number-filters.js';

/** Functions a template may call. */
export const FUNCTION_TABLE: Record<string, Callable> = {
  range: {
    help: 'The numbers, or single letters, from low to high.',
    example: 'range(0, 10, 5)',
    parameters: [{ name: 'low' }, { name: 'high' }, { name: 'step', fallback: 1 }],
    call: ([low = null, high = null, step = 1], tools) => range(low, high, { step, tools }),
  },
  cycle: {
    help: 'The element at a position, beginning anew after the last.',
    example: "cycle(['odd', 'even'], 3)",
    parameters: [{ name: 'values' }, { name: 'position' }],
    call: cycle,
  },
  max: {
    help: 'The greatest of the arguments, or of one list.',
    example: 'max(1, data.id, 3)',
    variadic: true,
    call: (values, tools) => extreme(values, 1, tools),
  },
  min: {
    help: 'The least of the arguments, or of one list.',
    example: 'min([4, 2, 3])',
    variadic: true,
    call: (values, tools) => extreme(values, -1, tools),
  },
  date: DATE_FUNCTION,
};

/** `low..high`, of numbers or of single letters, in either direction. Its size is checked before it is made. */
export function range(
  low: TemplateValue,
  high: TemplateValue,
  { step, tools }: { step: TemplateValue; tools: CallTools },
): ListValue {
  const letters = isLetter(low) && isLetter(high);
  const from = letters ? low.charCodeAt(0) : numberOf(low, 'range');
  const to = letters ? high.charCodeAt(0) : numberOf(high, 'range');
  const stride = Math.abs(numberOf(step, 'range'));
  if (stride === 0) throw new TemplateFailure('template_error', 'range needs a step other than 0.');
  const length = Math.floor(finite(Math.abs(to - from) / stride) + 1e-9) + 1;
  tools.meter.items(length);
  const signed = to < from ? -stride : stride;
  const numbers = Array.from({ length }, (_, index) => from + index * signed);
  return ListValue.of(letters ? numbers.map((code) => String.fromCharCode(code)) : numbers);
}

function isLetter(value: TemplateValue): value is string {
  return typeof value === 'string' && /^[A-Za-z]$/.test(value);
}

function cycle(
  [values = null, position]: readonly TemplateValue[],
  tools: CallTools,
): TemplateValue {
  const entries = entriesOf(values, tools);
  if (entries.length === 0)
    throw new TemplateFailure('template_error', 'cycle needs a list of values.');
  const index = Math.trunc(numberOf(position, 'cycle')) % entries.length;
  return entries.at(index)?.[1] ?? null;
}

/** The greatest (1) or least (-1) of the arguments, or of the one list that is given. */
function extreme(
  values: readonly TemplateValue[],
  direction: 1 | -1,
  tools: CallTools,
): TemplateValue {
  const [only = null] = values;
  const among = values.length === 1 ? entriesOf(only, tools).map(([, value]) => value) : values;
  const [first, ...others] = among;
  if (first === undefined) {
    throw new TemplateFailure('template_error', 'max and min need at least one value.');
  }
  return others.reduce(
    (best, next) => (compareOrder(next, best, tools.meter) === direction ? next : best),
    first,
  );
}
