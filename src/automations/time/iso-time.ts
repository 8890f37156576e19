/** The spelling of a time for people. */
export const TIME_HINT = 'Write ISO 8601 such as "2026-01-31" or "2026-01-31T12:00:00Z".';

/** A time as it is written. */
export interface WrittenTime {
  /** What it shows, as if that were UTC: milliseconds since 1970. */
  wall: number;
  /** How far its clock is ahead of UTC, in milliseconds; undefined when it does not say. */
  offset: number | undefined;
}

const ISO_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;
const MAX_TEXT_LENGTH = 40;
/** From 1973 on: a text of fewer digits is rather a year, or an id. */
const COUNT = /^-?\d{9,15}$/;

/** From this number on it is milliseconds: as seconds it is the year 5138, as milliseconds it is 1973. */
const LEAST_MILLISECONDS = 100_000_000_000;
/** The years 1 to 9999: what four digits can tell. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** An ISO 8601 date or time; undefined for anything else, such as the 31st of February. 24:00 is the end of the day. */
export function readIsoTime(text: string): WrittenTime | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const match = ISO_TIME.exec(text.trim());
  const wall = match ? wallOf(match) : undefined;
  if (!match || wall === undefined) return undefined;
  const zone = match[8];
  if (zone === undefined) return { wall, offset: undefined };
  const offset = offsetOf(zone);
  return offset === undefined ? undefined : { wall, offset };
}

/** A time as data carries it as a text: ISO 8601, or a count of seconds or milliseconds. */
export function readTimeText(text: string): WrittenTime | undefined {
  const trimmed = text.trim();
  if (COUNT.test(trimmed)) return { wall: countedTime(Number(trimmed)), offset: 0 };
  return readIsoTime(trimmed);
}

/** Milliseconds since 1970 of a number that counts seconds, or milliseconds where it is too large for that. */
export function countedTime(since1970: number): number {
  return Math.abs(since1970) < LEAST_MILLISECONDS ? since1970 * 1000 : since1970;
}

/** Whether a moment (milliseconds since 1970) has a year of four digits. */
export function isWritable(moment: number): boolean {
  return moment >= EARLIEST && moment <= LATEST;
}

function wallOf(match: readonly (string | undefined)[]): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0));
  const wall = new Date(0);
  wall.setUTCFullYear(year, month - 1, day);
  if (wall.getUTCMonth() !== month - 1 || wall.getUTCDate() !== day) return undefined;
  const fraction = Number(`0.${match[7] ?? 0}`);
  const isEndOfDay = hour === 24 && minute + second + fraction === 0;
  // A minute has 61 seconds when one is added to a year: the last of them is the next minute's first.
  if ((hour > 23 && !isEndOfDay) || minute > 59 || second > 60) return undefined;
  return wall.setUTCHours(hour, minute, second, Math.floor(fraction * 1000));
}

/** Undefined for what no clock shows, `+24:00` or `+01:60`. */
function offsetOf(written: string): number | undefined {
  if (written.toUpperCase() === 'Z') return 0;
  const [hours = 0, minutes = 0] = (written.match(/\d\d/g) ?? []).map(Number);
  if (hours > 23 || minutes > 59) return undefined;
  const offset = (hours * 60 + minutes) * 60_000;
  return written.startsWith('-') ? -offset : offset;
}
