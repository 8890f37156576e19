import { dayOfYear, isoWeek, isoWeekday } from '../../time/calendar.js';

type ReadPart = (wall: Date) => number | string;

/** What can be asked of a date, by name. Each reads the UTC fields of a wall clock. */
export const DATE_PARTS: ReadonlyMap<string, ReadPart> = new Map<string, ReadPart>([
  ['year', (wall) => wall.getUTCFullYear()],
  ['quarter', (wall) => Math.floor(wall.getUTCMonth() / 3) + 1],
  ['month', (wall) => wall.getUTCMonth() + 1],
  ['week', (wall) => isoWeek(wall).week],
  ['day', (wall) => wall.getUTCDate()],
  ['day_of_year', dayOfYear],
  ['weekday', isoWeekday],
  ['hour', (wall) => wall.getUTCHours()],
  ['minute', (wall) => wall.getUTCMinutes()],
  ['second', (wall) => wall.getUTCSeconds()],
  ['date', (wall) => wall.toISOString().slice(0, 10)],
  ['time', (wall) => wall.toISOString().slice(11, 16)],
]);
