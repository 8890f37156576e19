import { type Callable, type CallTools, readText } from './callable.js';
import { isNoDate } from './date-filters.js';
import { momentOf } from './date-reading.js';
import { dateFormatter, localeOf, numberFormatter } from './intl-formatters.js';
import type { TemplateValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';
import { decimalsOf, numberOf } from './number-filters.js';
import { timeZoneOf } from './time-zone.js';

type Values = readonly TemplateValue[];
type Style = NonNullable<Intl.DateTimeFormatOptions['dateStyle']>;

const STYLES: ReadonlyMap<string, Style | undefined> = new Map([
  ['none', undefined],
  ['short', 'short'],
  ['medium', 'medium'],
  ['long', 'long'],
  ['full', 'full'],
]);
const NUMBER_STYLES: ReadonlySet<string> = new Set(['decimal', 'percent']);
const LOCALE = { name: 'locale', fallback: 'en' };
const IN_ZONE = [{ name: 'timezone', fallback: null }, LOCALE];

/** Filters that write dates and numbers as a language does. */
export const INTL_FILTERS: Record<string, Callable> = {
  format_number: {
    help: 'A number as a language writes it, with so many decimals; style is decimal or percent.',
    example: "data.points|format_number(2, 'de')",
    parameters: [
      { name: 'digits', fallback: null },
      LOCALE,
      { name: 'style', fallback: 'decimal' },
    ],
    call: formatNumber,
  },
  format_currency: {
    help: 'An amount of money as a language writes it; the currency is a code of three letters.',
    example: "data.points|format_currency('EUR')",
    parameters: [{ name: 'currency' }, LOCALE, { name: 'digits', fallback: null }],
    call: formatCurrency,
  },
  format_datetime: {
    help: 'A date and time as a language writes them; each style is none, short, medium, long or full.',
    example: "event.occurredAt|format_datetime('long', 'short', locale='de')",
    parameters: [
      { name: 'dateFormat', fallback: 'medium' },
      { name: 'timeFormat', fallback: 'medium' },
      ...IN_ZONE,
    ],
    call: ([input, date, time, zone, locale], tools) =>
      formatDatetime(input, { date, time, zone, locale }, tools),
  },
  format_date: {
    help: 'A date as a language writes it; the style is short, medium, long or full.',
    example: "event.occurredAt|format_date('full')",
    parameters: [{ name: 'dateFormat', fallback: 'medium' }, ...IN_ZONE],
    call: ([input, date, zone, locale], tools) =>
      formatDatetime(input, { date, time: 'none', zone, locale }, tools),
  },
  format_time: {
    help: 'A time of day as a language writes it; the style is short, medium, long or full.',
    example: "event.occurredAt|format_time('short', locale='de')",
    parameters: [{ name: 'timeFormat', fallback: 'medium' }, ...IN_ZONE],
    call: ([input, time, zone, locale], tools) =>
      formatDatetime(input, { date: 'none', time, zone, locale }, tools),
  },
};

function formatNumber([input, digits = null, locale, style]: Values, tools: CallTools): string {
  const written = readText(style, tools);
  if (!NUMBER_STYLES.has(written)) {
    throw new TemplateFailure(
      'template_error',
      'format_number knows the styles "decimal" and "percent".',
    );
  }
  const options = {
    style: written === 'percent' ? 'percent' : 'decimal',
    ...decimals(digits),
  } as const;
  const formatter = numberFormatter(localeOf(locale, tools), options, tools);
  return tools.meter.text(formatter.format(numberOf(input, 'format_number')));
}

function formatCurrency(
  [input, currency, locale, digits = null]: Values,
  tools: CallTools,
): string {
  const code = readText(currency, tools).toUpperCase();
  if (!/^[A-Z]{3}$/.test(code)) {
    throw new TemplateFailure(
      'template_error',
      'format_currency needs a currency of three letters, such as "EUR".',
    );
  }
  const options = { style: 'currency', currency: code, ...decimals(digits) } as const;
  const formatter = numberFormatter(localeOf(locale, tools), options, tools);
  return tools.meter.text(formatter.format(numberOf(input, 'format_currency')));
}

function decimals(digits: TemplateValue): Intl.NumberFormatOptions {
  if (digits === null) return {};
  const count = decimalsOf(digits, 'digits');
  return { minimumFractionDigits: count, maximumFractionDigits: count };
}

interface DatetimeOptions {
  date: TemplateValue | undefined;
  time: TemplateValue | undefined;
  zone: TemplateValue | undefined;
  locale: TemplateValue | undefined;
}

function formatDatetime(
  input: TemplateValue = null,
  options: DatetimeOptions,
  tools: CallTools,
): string {
  const [dateStyle, timeStyle] = [styleOf(options.date, tools), styleOf(options.time, tools)];
  const zone = timeZoneOf(options.zone, tools);
  if (isNoDate(input) || (!dateStyle && !timeStyle)) return '';
  const moment = momentOf(input, timeZoneOf(null, tools), tools);
  const styles = { dateStyle, timeStyle, timeZone: zone.name };
  const text = dateFormatter(localeOf(options.locale, tools), styles, tools).format(moment);
  // Some releases of Node put a narrow blank before AM and PM, and some a plain one.
  return tools.meter.text(text.replaceAll('\u202f', ' '));
}

function styleOf(value: TemplateValue | undefined, tools: CallTools): Style | undefined {
  const name = readText(value, tools);
  if (STYLES.has(name)) return STYLES.get(name);
  throw new TemplateFailure(
    'template_error',
    'This style is none of none, short, medium, long and full. For a pattern use date("d.m.Y H:i").',
  );
}
