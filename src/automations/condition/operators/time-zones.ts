import { chargeForName } from '../current-evaluation.js';

/** Making a clock takes a hundred times as long as reading it, and it holds about 30 KB. */
const MOST_CLOCKS = 64;
const LONGEST_NAME = 50;
const clocks = new Map<string, Intl.DateTimeFormat | undefined>();

/** In the time of evaluating a node, as measured: making a clock or refusing a name; and reading a clock. */
const STEPS = { first: 800, again: 25 };
const DAY_MS = 86_400_000;

/**
 * What a clock on the wall shows at a moment (milliseconds since 1970) in an IANA time zone, as if that were UTC;
 * undefined when there is no such zone.
 */
export function wallAt(moment: number, zone: string): number | undefined {
  if (zone === 'UTC') return moment;
  chargeForName(zone, STEPS);
  const clock = clockOf(zone);
  if (clock === undefined) return undefined;
  const parts = new Map(clock.formatToParts(moment).map(({ type, value }) => [type, value]));
  const read = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name));
  const wall = new Date(0);
  wall.setUTCFullYear(read('year'), read('month') - 1, read('day'));
  return wall.setUTCHours(
    read('hour'),
    read('minute'),
    read('second'),
    moment - floorSecond(moment),
  );
}

/**
 * The moment at which a clock shows this; in UTC when there is no such zone. A time that is skipped in spring is as late
 * after the change; of one that comes twice in autumn it is the first.
 */
export function momentOnWall(wall: number, zone: string): number {
  if (zone === 'UTC') return wall;
  const [before, after] = [offsetAt(wall - DAY_MS, zone), offsetAt(wall + DAY_MS, zone)];
  const [first, second] = [wall - before, wall - after];
  if (before === after || offsetAt(first, zone) === before) return first;
  return offsetAt(second, zone) === after ? second : first;
}

function offsetAt(moment: number, zone: string): number {
  return (wallAt(moment, zone) ?? moment) - moment;
}

function floorSecond(moment: number): number {
  return Math.floor(moment / 1000) * 1000;
}

/** Whether there is such a time zone: `Europe/Berlin`, `UTC`. */
export function isTimeZone(zone: string): boolean {
  return zone === 'UTC' || clockOf(zone) !== undefined;
}

/** Unknown names are remembered too: refusing one takes as long as making a clock. */
function clockOf(zone: string): Intl.DateTimeFormat | undefined {
  if (clocks.has(zone)) return clocks.get(zone);
  const clock = createClock(zone);
  if (clocks.size >= MOST_CLOCKS) clocks.clear();
  clocks.set(zone, clock);
  return clock;
}

function createClock(timeZone: string): Intl.DateTimeFormat | undefined {
  if (timeZone.length > LONGEST_NAME) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
}
