import { dayOfYear, isoWeek, isoWeekday } from '../../time/calendar.js';
import type { CallTools } from './callable.js';
import { TemplateFailure } from '../limits.js';
import type { TimeZone } from './time-zone.js';

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
const MAX_PATTERN_LENGTH = 200;

/** A moment as a clock in a time zone shows it: `local` holds the clock's numbers in its UTC fields. */
interface Wall {
  moment: number;
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
  ['N', ({ local }) => isoWeekday(local)],
  ['w', ({ local }) => local.getUTCDay()],
  ['S', ({ local }) => ordinal(local.getUTCDate())],
  ['z', ({ local }) => dayOfYear(local) - 1],
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
  ['U', ({ moment }) => Math.floor(moment / 1000)],
  ['c', (wall) => letters('Y-m-d', wall) + 'T' + letters('H:i:sP', wall)],
  ['r', (wall) => letters('D, d M Y H:i:s O', wall)],
]);

/**
 * Formats a moment with PHP's date letters in a time zone; a backslash keeps the next letter as it is.
 * @throws TemplateFailure when the pattern is far longer than any date.
 */
export function formatDate(
  moment: number,
  pattern: string,
  { zone, tools }: { zone: TimeZone; tools: CallTools },
): string {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    const message = `A date format has at most ${MAX_PATTERN_LENGTH} characters.`;
    throw new TemplateFailure('template_limit', message);
  }
  // A letter such as `c` is formatted by nine others.
  tools.meter.step(12 * pattern.length);
  const ahead = zone.offsetAt(moment);
  const wall = { moment, local: new Date(moment + ahead), zone: zone.name };
  return letters(pattern, { ...wall, offsetMinutes: Math.trunc(ahead / 60_000) });
}

function letters(pattern: string, wall: Wall): string {
  return pattern.replace(/\\(.)|[a-zA-Z]/gs, (found, kept?: string) => {
    if (kept !== undefined) return kept;
    const letter = LETTERS.get(found);
    return letter ? String(letter(wall)) : found;
  });
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
