import { countedTime, isWritable, readTimeText } from '../../time/iso-time.js';
import { TemplateFailure } from '../limits.js';
import type { TemplateValue } from '../values/template-value.js';
import { type CallTools, readText } from './callable.js';
import type { TimeZone } from './time-zone.js';

/**
 * The moment a value stands for, in milliseconds since 1970: ISO 8601 (in this zone when it has no offset), 'now',
 * or a number or a text that counts seconds (or milliseconds) since 1970. Conditions read times in the same way. @throws TemplateFailure when it is no date between the years 1 and 9999.
 */
export function momentOf(value: TemplateValue, zone: TimeZone, tools: CallTools): number {
  if (typeof value === 'number') return valid(countedTime(value));
  const text = readText(value, tools).trim();
  if (text === 'now') return momentOf(tools.now === 'now' ? null : tools.now, zone, tools);
  const written = readTimeText(text);
  if (!written) return noDate();
  const { wall, offset } = written;
  return valid(offset === undefined ? zone.momentOf(wall) : wall - offset);
}

/** The same as text: dates in a template are ISO 8601 in UTC. */
export function isoOf(moment: number): string {
  return new Date(valid(moment)).toISOString();
}

function valid(moment: number): number {
  return isWritable(moment) ? moment : noDate();
}

function noDate(): never {
  throw new TemplateFailure(
    'template_error',
    'This is no date: use ISO 8601 (2026-01-31T12:00:00Z), seconds since 1970, or "now".',
  );
}
