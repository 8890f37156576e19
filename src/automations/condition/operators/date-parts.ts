const DAY_MS = 86_400_000;

type Part = (wall: Date) => number | string;

/** What can be asked of a date, by name. Each reads the UTC fields of a wall clock. */
export const DATE_PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ['year', (wall) => wall.getUTCFullYear()],
  ['quarter', (wall) => Math.floor(wall.getUTCMonth() / 3) + 1],
  ['month', (wall) => wall.getUTCMonth() + 1],
  ['week', isoWeek],
  ['day', (wall) => wall.getUTCDate()],
  ['day_of_year', dayOfYear],
  ['weekday', isoWeekday],
  ['hour', (wall) => wall.getUTCHours()],
  ['minute', (wall) => wall.getUTCMinutes()],
  ['second', (wall) => wall.getUTCSeconds()],
  ['date', (wall) => wall.toISOString().slice(0, 10)],
  ['time', (wall) => wall.toISOString().slice(11, 16)],
]);

/** 1 is Monday, 7 is Sunday. */
function isoWeekday(wall: Date): number {
  return wall.getUTCDay() || 7;
}

/** 1 is the week that holds the year's first Thursday. */
function isoWeek(wall: Date): number {
  const thursday = new Date(wall.getTime() + (4 - isoWeekday(wall)) * DAY_MS);
  return Math.floor((dayOfYear(thursday) - 1) / 7) + 1;
}

function dayOfYear(wall: Date): number {
  const newYear = new Date(0).setUTCFullYear(wall.getUTCFullYear(), 0, 1);
  return Math.floor((wall.getTime() - newYear) / DAY_MS) + 1;
}
