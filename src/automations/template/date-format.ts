import { TemplateFailure } from './limits.js';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAY_MS = 86_400_000;

/** A moment as seen on a wall in a time zone: `local` holds the wall's numbers in its UTC fields. */
interface Wall {
  moment: Date;
  local: Date;
  offsetMinutes: number;
  zone: string;
}

type Letter = (wall: Wall) => string | number;

/** The letters of PHP's date(). */
const LETTERS: ReadonlyMap<string, Letter> = new Map<string, Letter>([
  ['d', ({ local }) => two(local.getUTCDate())],
  ['j', ({ local }) => local.getUTCDate()],
  ['D', ({ local }) => dayName(local).slice(0, 3)],
  ['l', ({ local }) => dayName(local)],
  ['N', ({ local }) => local.getUTCDay() || 7],
  ['w', ({ local }) => local.getUTCDay()],
  ['S', ({ local }) => ordinal(local.getUTCDate())],
  ['z', ({ local }) => dayOfYear(local)],
  ['W', ({ local }) => two(isoWeek(local).week)],
  ['o', ({ local }) => isoWeek(local).year],
  ['m', ({ local }) => two(local.getUTCMonth() + 1)],
  ['n', ({ local }) => local.getUTCMonth() + 1],
  ['M', ({ local }) => monthName(local).slice(0, 3)],
  ['F', ({ local }) => monthName(local)],
  ['t', ({ local }) => daysInMonth(local)],
  ['L', ({ local }) => Number(isLeapYear(local.getUTCFullYear()))],
  ['Y', ({ local }) => String(local.getUTCFullYear()).padStart(4, '0')],
  ['y', ({ local }) => two(local.getUTCFullYear() % 100)],
  ['a', ({ local }) => (local.getUTCHours() < 12 ? 'am' : 'pm')],
  ['A', ({ local }) => (local.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['g', ({ local }) => local.getUTCHours() % 12 || 12],
  ['h', ({ local }) => two(local.getUTCHours() % 12 || 12)],
  ['G', ({ local }) => local.getUTCHours()],
  ['H', ({ local }) => two(local.getUTCHours())],
  ['i', ({ local }) => two(local.getUTCMinutes())],
  ['s', ({ local }) => two(local.getUTCSeconds())],
  ['v', ({ local }) => String(local.getUTCMilliseconds()).padStart(3, '0')],
  ['u', ({ local }) => `${String(local.getUTCMilliseconds()).padStart(3, '0')}000`],
  ['e', ({ zone }) => zone],
  ['T', ({ zone }) => zone],
  ['O', ({ offsetMinutes }) => offset(offsetMinutes, '')],
  ['P', ({ offsetMinutes }) => offset(offsetMinutes, ':')],
  ['p', ({ offsetMinutes }) => (offsetMinutes === 0 ? 'Z' : offset(offsetMinutes, ':'))],
  ['Z', ({ offsetMinutes }) => offsetMinutes * 60],
  ['U', ({ moment }) => Math.floor(moment.getTime() / 1000)],
  ['c', (wall) => letters('Y-m-d', wall) + 'T' + letters('H:i:sP', wall)],
  ['r', (wall) => letters('D, d M Y H:i:s O', wall)],
]);

/** Formats a moment with PHP's date letters in an IANA time zone. A backslash keeps the next letter as it is. */
export function formatDate(moment: Date, pattern: string, zone: string): string {
  const offsetMinutes = offsetOf(moment, zone);
  const local = new Date(moment.getTime() + offsetMinutes * 60_000);
  return letters(pattern, { moment, local, offsetMinutes, zone });
}

function letters(pattern: string, wall: Wall): string {
  return pattern.replace(/\\(.)|[a-zA-Z]/gs, (found, kept?: string) => {
    if (kept !== undefined) return kept;
    const letter = LETTERS.get(found);
    return letter ? String(letter(wall)) : found;
  });
}

const MOST_CLOCKS = 50;
const clocks = new Map<string, Intl.DateTimeFormat>();

function offsetOf(moment: Date, zone: string): number {
  if (zone === 'UTC') return 0;
  const parts = new Map(
    clockOf(zone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, value]),
  );
  const read = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name));
  const wall = Date.UTC(
    read('year'),
    read('month') - 1,
    read('day'),
    read('hour'),
    read('minute'),
    read('second'),
  );
  return Math.round((wall - Math.floor(moment.getTime() / 1000) * 1000) / 60_000);
}

/** Making a formatter costs far more than using it; the number kept is bounded because templates name the zones. */
function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known) return known;
  if (clocks.size >= MOST_CLOCKS) clocks.clear();
  const clock = createClock(zone);
  clocks.set(zone, clock);
  return clock;
}

function createClock(timeZone: string): Intl.DateTimeFormat {
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
    throw new TemplateFailure(
      'template_error',
      'There is no such time zone: use a name such as "Europe/Berlin".',
    );
  }
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function dayName(date: Date): string {
  return DAYS[date.getUTCDay()] ?? '';
}

function monthName(date: Date): string {
  return MONTHS[date.getUTCMonth()] ?? '';
}

function ordinal(day: number): string {
  if (day >= 11 && day <= 13) return 'th';
  return ['th', 'st', 'nd', 'rd'][day % 10] ?? 'th';
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS);
}

function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY_MS);
  return { year: thursday.getUTCFullYear(), week: Math.floor(dayOfYear(thursday) / 7) + 1 };
}

function daysInMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function offset(minutes: number, separator: string): string {
  const sign = minutes < 0 ? '-' : '+';
  const all = Math.abs(minutes);
  return `${sign}${two(Math.floor(all / 60))}${separator}${two(all % 60)}`;
}
