import { type Callable, type CallTools, readText } from './callable.js';
import { movedBy } from './date-arithmetic.js';
import { formatDate } from './date-format.js';
import { isoOf, momentOf } from './date-reading.js';
import type { TemplateValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';
import { timeZoneOf } from './time-zone.js';

const ISO = 'c';
const DISCORD_STYLES = 'tTdDfFR';
const TIME_ZONE = { name: 'timezone', fallback: null };

/**
 * Dates in a template are ISO 8601 texts in UTC, so they compare and sort like any text. They are read and shown in
 * the workspace's time zone unless they, or the template, name another. There is no clock: 'now' is the `now` of the
 * template's context, and the same event always renders the same body.
 */
export const DATE_FILTERS: Record<string, Callable> = {
  date: {
    help: 'A date with PHP’s letters, ISO 8601 without any, in the workspace’s time zone or another.',
    example: "event.occurredAt|date('d.m.Y H:i', 'Europe/Berlin')",
    parameters: [{ name: 'format', fallback: ISO }, TIME_ZONE],
    call: date,
  },
  date_modify: {
    help: 'A date moved by days, months or hours, as ISO 8601 in UTC. Days keep the time of day through clock changes.',
    example: "event.occurredAt|date_modify('+1 day -2 hours')",
    parameters: [{ name: 'modifier' }, TIME_ZONE],
    call: modify,
  },
  discord_timestamp: {
    help: 'A date that Discord shows each reader in his own zone; styles t T d D f F, and R for "5 minutes ago".',
    example: "event.occurredAt|discord_timestamp('R')",
    parameters: [{ name: 'style', fallback: 'f' }],
    call: discordTimestamp,
  },
};

/** `date()`: any accepted date as an ISO text in UTC, 'now' when none is given. */
export const DATE_FUNCTION: Callable = {
  help: 'Any date as ISO 8601 in UTC, to compare it with others; now when none is given.',
  example: "date('2026-01-31') < date()",
  parameters: [{ name: 'date', fallback: 'now' }, TIME_ZONE],
  call: ([input = null, timezone], tools) =>
    isoOf(momentOf(input ?? 'now', timeZoneOf(timezone, tools), tools)),
};

/** Whether there is no date at all: a missing field is shown as '' and is no fault. */
export function isNoDate(value: TemplateValue): boolean {
  return value === null || value === '';
}

/** Reads in the workspace's zone and shows in the one asked for. */
function date(
  [input = null, format = null, timezone]: readonly TemplateValue[],
  tools: CallTools,
): string {
  if (isNoDate(input)) return '';
  const pattern = format === null ? ISO : readText(format, tools);
  const moment = momentOf(input, timeZoneOf(null, tools), tools);
  const zone = timeZoneOf(timezone, tools);
  return tools.meter.text(formatDate(moment, pattern, { zone, tools }));
}

function modify(
  [input = null, modifier, timezone]: readonly TemplateValue[],
  tools: CallTools,
): TemplateValue {
  if (isNoDate(input)) return null;
  const zone = timeZoneOf(timezone, tools);
  const moment = momentOf(input, zone, tools);
  return isoOf(movedBy(moment, readText(modifier, tools), { zone, tools }));
}

function discordTimestamp(
  [input = null, style]: readonly TemplateValue[],
  tools: CallTools,
): string {
  const written = readText(style, tools);
  if (written.length !== 1 || !DISCORD_STYLES.includes(written)) {
    throw new TemplateFailure(
      'template_error',
      'discord_timestamp knows the styles t, T, d, D, f, F and R.',
    );
  }
  if (isNoDate(input)) return '';
  const seconds = Math.floor(momentOf(input, timeZoneOf(null, tools), tools) / 1000);
  return tools.meter.text(`<t:${seconds}:${written}>`);
}
