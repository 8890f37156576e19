import { countedTime, isWritable, readTimeText } from '../../time/iso-time.js';
import { momentOnWall, offsetAt } from '../../../time-zones.js';
import { chargeForName } from '../current-evaluation.js';

/** In the time of evaluating a node, as measured: making a clock or refusing a name; and reading a clock. */
const CLOCK_STEPS = { first: 800, again: 25 };

/**
 * Milliseconds since 1970 of an ISO 8601 text (in this zone when it has no offset), or of a number or a text that counts
 * seconds or milliseconds since 1970; undefined for anything else. Templates read times in the same way.
 */
export function parseTime(value: unknown, zone: string): number | undefined {
  const time = typeof value === 'number' ? countedTime(value) : writtenTime(value, zone);
  return time !== undefined && isWritable(time) ? time : undefined;
}

function writtenTime(value: unknown, zone: string): number | undefined {
  const written = typeof value === 'string' ? readTimeText(value) : undefined;
  if (!written) return undefined;
  const { wall, offset } = written;
  if (offset !== undefined) return wall - offset;
  if (zone === 'UTC') return wall;
  return momentOnWall(wall, (moment) => aheadAt(moment, zone) ?? 0);
}

/**
 * What a clock on the wall shows at a moment (milliseconds since 1970) in an IANA time zone, as if that were UTC;
 * undefined when there is no such zone.
 */
export function wallAt(moment: number, zone: string): number | undefined {
  const ahead = aheadAt(moment, zone);
  return ahead === undefined ? undefined : moment + ahead;
}

function aheadAt(moment: number, zone: string): number | undefined {
  if (zone !== 'UTC') chargeForName(zone, CLOCK_STEPS);
  return offsetAt(moment, zone);
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
