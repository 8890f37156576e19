import type { Callable, CallTools } from './callable.js';
import { readText } from './callable.js';
import { toNumber } from './compare.js';
import type { TemplateValue } from './json-value.js';
import { TemplateFailure } from './limits.js';

const MOST_DECIMALS = 20;
const ROUNDING: ReadonlyMap<string, (value: number) => number> = new Map([
  ['common', (value) => Math.sign(value) * Math.round(Math.abs(value))],
  ['ceil', Math.ceil],
  ['floor', Math.floor],
]);

/** Filters on numbers. Null is 0; a text that is no number is a fault. */
export const NUMBER_FILTERS: Record<string, Callable> = {
  abs: { call: ([input]) => Math.abs(numberOf(input, 'abs')) },
  round: {
    parameters: [
      { name: 'precision', fallback: 0 },
      { name: 'method', fallback: 'common' },
    ],
    call: round,
  },
  number_format: {
    parameters: [
      { name: 'decimal', fallback: 0 },
      { name: 'decimal_point', fallback: '.' },
      { name: 'thousand_sep', fallback: ',' },
    ],
    call: numberFormat,
  },
};

/** The number a value stands for. @throws TemplateFailure naming who asked, never the value. */
export function numberOf(value: TemplateValue | undefined, where: string): number {
  const number = toNumber(value ?? null);
  if (number === undefined) {
    throw new TemplateFailure('template_error', `"${where}" needs a number, and this is none.`);
  }
  return number;
}

/** Refuses what JSON cannot say: infinity and not-a-number. */
export function finite(number: number): number {
  if (Number.isFinite(number)) return number;
  throw new TemplateFailure('template_error', 'The result of this calculation is not a number.');
}

function round([input, precision, method]: readonly TemplateValue[], tools: CallTools): number {
  const apply = ROUNDING.get(readText(method, tools));
  if (!apply) {
    throw new TemplateFailure('template_error', 'round knows "common", "ceil" and "floor".');
  }
  const places = Math.trunc(numberOf(precision, 'round'));
  return finite(shift(apply(finite(shift(numberOf(input, 'round'), places))), -places));
}

/** Moves the decimal point in the written number, because multiplying makes 1.005 a little less. */
function shift(number: number, places: number): number {
  const [digits, exponent = '0'] = String(number).split('e');
  return Number(`${digits}e${Number(exponent) + places}`);
}

function numberFormat(
  [input, decimals, point, separator]: readonly TemplateValue[],
  tools: CallTools,
): string {
  const places = Math.trunc(numberOf(decimals, 'number_format'));
  if (places < 0 || places > MOST_DECIMALS) {
    throw new TemplateFailure(
      'template_limit',
      `number_format takes 0 to ${MOST_DECIMALS} decimals.`,
    );
  }
  const [whole = '', fraction] = numberOf(input, 'number_format').toFixed(places).split('.');
  const between = readText(separator, tools);
  tools.meter.reserve(whole.length * (1 + between.length));
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, () => between);
  return fraction === undefined ? grouped : grouped + readText(point, tools) + fraction;
}
