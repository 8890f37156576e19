import type { Callable, CallTools } from './callable.js';
import { readText } from './callable.js';
import { toNumber } from '../values/compare.js';
import type { TemplateValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';

const MAX_DECIMALS = 20;
/** What writing one digit costs, in copied characters. */
const DIGIT = 20;
const ROUNDING: ReadonlyMap<string, (value: number) => number> = new Map([
  ['common', (value) => Math.sign(value) * Math.round(Math.abs(value))],
  ['ceil', Math.ceil],
  ['floor', Math.floor],
]);

/** Filters on numbers. Null is 0; a text that is no number is a fault. */
export const NUMBER_FILTERS: Record<string, Callable> = {
  abs: {
    help: 'The number without its sign.',
    example: '(-3)|abs',
    call: ([input]) => Math.abs(numberOf(input, 'abs')),
  },
  round: {
    help: 'Rounded to so many decimals; method is common, ceil or floor.',
    example: "2.1|round(0, 'ceil')",
    parameters: [
      { name: 'precision', fallback: 0 },
      { name: 'method', fallback: 'common' },
    ],
    call: round,
  },
  number_format: {
    help: 'A number with decimals and a sign between thousands. For the customs of a language: format_number.',
    example: "data.points|number_format(2, ',', '.')",
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

/** A number of decimals within what Intl and JavaScript take. */
export function decimalsOf(value: TemplateValue | undefined, where: string): number {
  const decimals = Math.trunc(numberOf(value, where));
  if (decimals >= 0 && decimals <= MAX_DECIMALS) return decimals;
  throw new TemplateFailure('template_limit', `${where} takes 0 to ${MAX_DECIMALS} decimals.`);
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
  const places = decimalsOf(decimals, 'number_format');
  const [whole = '', fraction] = fixed(numberOf(input, 'number_format'), places).split('.');
  const between = readText(separator, tools);
  tools.meter.chargeText(DIGIT * whole.length);
  tools.meter.reserve(whole.length * (1 + between.length));
  const grouped = inThousands(whole, between);
  return fraction === undefined ? grouped : grouped + readText(point, tools) + fraction;
}

/** Cut from the end, group by group: a pattern would look at all that follows, for each digit anew. */
function inThousands(whole: string, between: string): string {
  const sign = whole.startsWith('-') ? '-' : '';
  const digits = whole.slice(sign.length);
  const first = digits.length % 3;
  const groups = first > 0 ? [digits.slice(0, first)] : [];
  for (let at = first; at < digits.length; at += 3) groups.push(digits.slice(at, at + 3));
  return sign + groups.join(between);
}

/** All digits, also of numbers that `toFixed` writes with an exponent; -0 is 0. */
function fixed(number: number, places: number): string {
  if (Math.abs(number) < 1e21) return (number === 0 ? 0 : number).toFixed(places);
  return places > 0 ? `${BigInt(number)}.${'0'.repeat(places)}` : String(BigInt(number));
}
