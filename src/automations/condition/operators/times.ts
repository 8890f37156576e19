import { momentOnWall } from './time-zones.js';

/** The spelling of a time for people. */
export const TIME_HINT = 'Write ISO 8601 such as "2026-01-31" or "2026-01-31T12:00:00Z".';

const ISO_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;
const LONGEST_TEXT = 40;

/** From this number on it is milliseconds: as seconds it is the year 5138, as milliseconds it is 1973. */
const LEAST_MILLISECONDS = 100_000_000_000;
/** The years 1 to 9999: what four digits can tell. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Milliseconds since 1970 of an ISO 8601 text (in this zone when it has no offset), or of a number of seconds or
 * milliseconds since 1970; undefined for anything else.
 */
export function parseTime(value: unknown, zone: string): number | undefined {
  const time = typeof value === 'number' ? epochTime(value) : isoTime(value, zone);
  return time !== undefined && time >= EARLIEST && time <= LATEST ? time : undefined;
}

function epochTime(value: number): number {
  return Math.abs(value) < LEAST_MILLISECONDS ? value * 1000 : value;
}

function isoTime(value: unknown, zone: string): number | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_TEXT) return undefined;
  const match = ISO_TIME.exec(value.trim());
  if (match === null) return undefined;
  const [wall, offset] = [wallTime(match), match[8]];
  if (wall === undefined) return undefined;
  return offset === undefined ? momentOnWall(wall, zone) : wall - offsetOf(offset);
}

/** What the text shows, as if it were UTC; undefined for the 31st of February. */
function wallTime(match: readonly (string | undefined)[]): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0));
  const wall = new Date(0);
  wall.setUTCFullYear(year, month - 1, day);
  if (wall.getUTCMonth() !== month - 1 || wall.getUTCDate() !== day) return undefined;
  if (hour > 24 || minute > 59 || second > 60) return undefined;
  return wall.setUTCHours(hour, minute, second, Number(`0.${match[7] ?? 0}`) * 1000);
}

function offsetOf(written: string): number {
  if (written.toUpperCase() === 'Z') return 0;
  const [hours = '', minutes = '0'] = written.slice(1).match(/\d\d/g) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return written.startsWith('-') ? -offset : offset;
}

const DURATION = /^(\d{1,9})([smhdw])$/;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
]);

/** Milliseconds of a duration such as `90d`: a whole number of seconds, minutes, hours, days (24 h) or weeks. */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const [, amount, unit = ''] = DURATION.exec(value) ?? [];
  const milliseconds = UNITS.get(unit);
  return milliseconds === undefined ? undefined : Number(amount) * milliseconds;
}
