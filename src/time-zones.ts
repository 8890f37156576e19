/** Making a clock takes a hundred times as long as reading it, and it holds about 30 KB. */
const MAX_CLOCKS = 64;
const NAME = /^[A-Za-z][\w+\-/]{0,49}$/;
const OFFSET = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;
const DAY_MS = 86_400_000;

/** By name; unknown names are remembered too, because refusing one takes as long as making a clock. */
const clocks = new Map<string, Intl.DateTimeFormat | undefined>();

/** Whether there is a time zone of this IANA name: `Europe/Berlin`, `UTC`. */
export function isTimeZone(name: string): boolean {
  const zone = name.toLowerCase();
  return zone === 'utc' || listed().has(zone) || clockOf(zone) !== undefined;
}

/** The names that people write; older ones such as `US/Eastern` are known too and not among them. Made once: it is slow. */
export function timeZoneNames(): readonly string[] {
  return (names ??= Intl.supportedValuesOf('timeZone'));
}

let names: readonly string[] | undefined;
let listedNames: ReadonlySet<string> | undefined;

function listed(): ReadonlySet<string> {
  return (listedNames ??= new Set(timeZoneNames().map((name) => name.toLowerCase())));
}

/**
 * The name of a time zone in its usual letter case. Another name of the same zone stays: Asia/Kolkata is Asia/Calcutta to
 * many versions of Node.
 */
export function spellingOfZone(name: string): string {
  const usual = clockOf(name)?.resolvedOptions().timeZone ?? name;
  return usual.toLowerCase() === name.toLowerCase() ? usual : name;
}

/** How far the clocks of a zone are ahead of UTC at a moment, both in milliseconds; undefined when there is no such zone. */
export function offsetAt(moment: number, zone: string): number | undefined {
  if (zone === 'UTC') return 0;
  const written = clockOf(zone)?.format(moment);
  if (written === undefined) return undefined;
  const [, sign, hours, minutes, seconds] = OFFSET.exec(written) ?? [];
  const offset =
    (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
  return sign === '-' ? -offset : offset;
}

/**
 * The moment at which a clock on the wall shows this. A time that is skipped in spring is as late after the change; of one
 * that comes twice in autumn it is the first.
 *
 * @param aheadAt how far the clocks are ahead of UTC at a moment
 */
export function momentOnWall(wall: number, aheadAt: (moment: number) => number): number {
  const [before, after] = [aheadAt(wall - DAY_MS), aheadAt(wall + DAY_MS)];
  const [first, second] = [wall - before, wall - after];
  if (before === after || aheadAt(first) === before) return first;
  return aheadAt(second) === after ? second : first;
}

function clockOf(zone: string): Intl.DateTimeFormat | undefined {
  if (clocks.has(zone)) return clocks.get(zone);
  const clock = createClock(zone);
  if (clocks.size >= MAX_CLOCKS) clocks.clear();
  clocks.set(zone, clock);
  return clock;
}

function createClock(timeZone: string): Intl.DateTimeFormat | undefined {
  if (!NAME.test(timeZone)) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
}
