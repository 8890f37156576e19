import { type Callable, type CallTools, readText } from './callable.js';
import { addToDate } from './date-arithmetic.js';
import { formatDate } from './date-format.js';
import type { TemplateValue } from './json-value.js';
import { TemplateFailure } from './limits.js';

const ISO_DATE =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Dates in a template are ISO 8601 texts in UTC, so they print, compare and sort like any text. There is no clock:
 * 'now' is the `now` of the template's context, and the same event always renders the same body.
 */
export const DATE_FILTERS: Record<string, Callable> = {
  date: {
    parameters: [
      { name: 'format', fallback: 'c' },
      { name: 'timezone', fallback: 'UTC' },
    ],
    call: ([input = null, format = null, timezone = null], tools) => {
      if (input === null || input === '') return '';
      const pattern = format === null ? 'c' : readText(format, tools);
      const zone = timezone === null ? 'UTC' : readText(timezone, tools);
      // Looking a time zone up for the first time takes about as long as this many steps.
      if (zone !== 'UTC') tools.meter.step(50);
      return tools.meter.text(formatDate(parseDate(input, tools), pattern.slice(0, 200), zone));
    },
  },
  date_modify: {
    parameters: [{ name: 'modifier' }],
    call: ([input = null, modifier], tools) =>
      iso(addToDate(parseDate(input, tools), readText(modifier, tools))),
  },
};

/** `date()`: any accepted date as an ISO text in UTC, 'now' when none is given. */
export const DATE_FUNCTION: Callable = {
  parameters: [{ name: 'date', fallback: 'now' }],
  call: ([input = null], tools) => iso(parseDate(input ?? 'now', tools)),
};

/** Accepts ISO 8601 (UTC when no offset is given), 'now', and seconds since 1970 as a number. */
function parseDate(value: TemplateValue, tools: CallTools): Date {
  if (typeof value === 'number') return valid(new Date(value * 1000));
  const text = readText(value, tools).trim();
  if (text === 'now') return parseDate(tools.now === 'now' ? null : tools.now, tools);
  const match = ISO_DATE.exec(text);
  if (!match) return valid(new Date(Number.NaN));
  const hasTime = text.length > 10;
  return valid(new Date(`${text.replace(' ', 'T')}${hasTime && !match[1] ? 'Z' : ''}`));
}

function iso(date: Date): string {
  return valid(date).toISOString();
}

function valid(date: Date): Date {
  const year = date.getUTCFullYear();
  if (year >= 0 && year <= 9999) return date;
  throw new TemplateFailure(
    'template_error',
    'This is no date: use ISO 8601 (2026-01-31T12:00:00Z), seconds since 1970, or "now".',
  );
}
