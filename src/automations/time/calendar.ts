const DAY_MS = 86_400_000;

// All of them read the UTC fields of a date: a wall clock's numbers are put there before.

/** 1 is Monday, 7 is Sunday. */
export function isoWeekday(wall: Date): number {
  return wall.getUTCDay() || 7;
}

/** 1 is the first of January. */
export function dayOfYear(wall: Date): number {
  const newYear = new Date(0).setUTCFullYear(wall.getUTCFullYear(), 0, 1);
  return Math.floor((wall.getTime() - newYear) / DAY_MS) + 1;
}

/** Week 1 holds the year's first Thursday, so that the first days of January may be in a week of the year before. */
export function isoWeek(wall: Date): { year: number; week: number } {
  const thursday = new Date(wall.getTime() + (4 - isoWeekday(wall)) * DAY_MS);
  return {
    year: thursday.getUTCFullYear(),
    week: Math.floor((dayOfYear(thursday) - 1) / 7) + 1,
  };
}
