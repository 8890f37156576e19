import { type CallTools, readText } from './callable.js';
import type { TemplateValue } from '../values/json-value.js';
import { TemplateFailure } from '../limits.js';
import type { TimeZone } from './time-zone.js';

const ISO_DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;
const TIMESTAMP = /^-?\d{1,15}$/;
/** From here on a number counts milliseconds: as seconds it would be after the year 5000. */
const FIRST_MILLISECONDS = 1e11;

/**
 * The moment a value stands for, in milliseconds since 1970: ISO 8601 (in this zone when it has no offset), 'now',
 * or seconds (or milliseconds) since 1970. @throws TemplateFailure when it is no date between the years 1 and 9999.
 */
export function momentOf(value: TemplateValue, zone: TimeZone, tools: CallTools): number {
  if (typeof value === 'number') return momentCounted(value);
  const text = readText(value, tools).trim();
  if (text === 'now') return momentOf(tools.now === 'now' ? null : tools.now, zone, tools);
  if (TIMESTAMP.test(text)) return momentCounted(Number(text));
  const match = ISO_DATE.exec(text);
  return match ? valid(momentWritten(match, zone)) : noDate();
}

/** The same as text: dates in a template are ISO 8601 in UTC. */
export function isoOf(moment: number): string {
  return new Date(valid(moment)).toISOString();
}

function momentCounted(since1970: number): number {
  return valid(Math.abs(since1970) < FIRST_MILLISECONDS ? since1970 * 1000 : since1970);
}

function momentWritten(match: readonly (string | undefined)[], zone: TimeZone): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0));
  const fraction = Number(`0.${match[7] ?? '0'}`);
  const wall = new Date(0);
  wall.setUTCFullYear(year, month - 1, day);
  if (wall.getUTCDate() !== day || wall.getUTCMonth() !== month - 1) return noDate();
  if (hour > 24 || minute > 59 || second > 60) return noDate();
  wall.setUTCHours(hour, minute, second, Math.floor(fraction * 1000));
  return match[8] ? wall.getTime() - offsetWritten(match[8]) : zone.momentOf(wall.getTime());
}

function offsetWritten(offset: string): number {
  if (/^z$/i.test(offset)) return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3).replace(':', '') || 0);
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}

function valid(moment: number): number {
  const year = new Date(moment).getUTCFullYear();
  return year >= 1 && year <= 9999 ? moment : noDate();
}

function noDate(): never {
  throw new TemplateFailure(
    'template_error',
    'This is no date: use ISO 8601 (2026-01-31T12:00:00Z), seconds since 1970, or "now".',
  );
}
