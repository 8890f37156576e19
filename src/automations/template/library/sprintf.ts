import { type CallTools, readText } from './callable.js';
import { sliceCharacters } from '../values/characters.js';
import { toNumber } from '../values/compare.js';
import type { TemplateValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';

// Every repetition is bounded: open-ended ones take quadratic time on a long row of zeros.
const DIRECTIVE = /%(?:(\d{1,2})\$)?([-+0]{0,4})(\d{0,12})(?:\.(\d{1,4}))?([%a-zA-Z])/g;
const MAX_PATTERN_LENGTH = 10_000;
const MAX_WIDTH = 1000;
const MAX_DECIMALS = 20;
/** What writing one character costs, in copied ones: the digits of a large number have to be found. */
const DIGIT = 2;

/** PHP's sprintf for the directives %s %d %u %f %F %e %x %X %o %b and %%. */
export function sprintf(
  pattern: string,
  values: readonly TemplateValue[],
  tools: CallTools,
): string {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new TemplateFailure(
      'template_limit',
      `format takes a pattern of at most ${MAX_PATTERN_LENGTH} characters.`,
    );
  }
  let next = 0;
  return pattern.replace(DIRECTIVE, (...found: readonly (string | undefined)[]) => {
    const [, position, flags = '', width = '', precision, type = ''] = found;
    tools.meter.step(8);
    if (type === '%') return '%';
    const value = values[position ? Number(position) - 1 : next++];
    const decimals = precision === undefined ? undefined : Number(precision);
    const text = directive(type, value, { decimals, tools });
    tools.meter.chargeText(DIGIT * text.length);
    return pad(text, { flags, width: Number(width) }, tools);
  });
}

function directive(
  type: string,
  value: TemplateValue | undefined,
  { decimals, tools }: { decimals: number | undefined; tools: CallTools },
): string {
  if (value === undefined) {
    throw new TemplateFailure('template_error', 'format has more placeholders than values.');
  }
  if (type === 's') return sliceCharacters(readText(value, tools), 0, decimals);
  const number = toNumber(value) ?? 0;
  const places = Math.min(decimals ?? 6, MAX_DECIMALS);
  switch (type) {
    case 'd':
    case 'u':
      return String(Math.trunc(number));
    case 'f':
    case 'F':
      return number.toFixed(places);
    case 'e':
      return number.toExponential(places);
    case 'x':
      return Math.trunc(number).toString(16);
    case 'X':
      return Math.trunc(number).toString(16).toUpperCase();
    case 'o':
      return Math.trunc(number).toString(8);
    case 'b':
      return Math.trunc(number).toString(2);
    default:
      throw new TemplateFailure('template_error', 'format knows %s %d %u %f %e %x %o %b and %%.');
  }
}

function pad(
  text: string,
  { flags, width }: { flags: string; width: number },
  { meter }: CallTools,
): string {
  if (width > MAX_WIDTH) {
    throw new TemplateFailure('template_limit', `format pads to at most ${MAX_WIDTH} characters.`);
  }
  meter.reserve(width);
  const signed = flags.includes('+') && /^\d/.test(text) ? `+${text}` : text;
  if (flags.includes('-')) return signed.padEnd(width);
  if (!flags.includes('0')) return signed.padStart(width);
  const sign = /^[+-]/.exec(signed)?.[0] ?? '';
  return sign + signed.slice(sign.length).padStart(width - sign.length, '0');
}
