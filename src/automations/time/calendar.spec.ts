import * as fc from 'fast-check';
import { dayOfYear, isoWeek, isoWeekday } from './calendar.js';

const DAY_MS = 86_400_000;

describe('the calendar', () => {
  it.each([
    // The examples of ISO 8601.
    ['2005-01-01', { year: 2004, week: 53 }, { weekday: 6, day: 1 }],
    ['2005-12-31', { year: 2005, week: 52 }, { weekday: 6, day: 365 }],
    ['2007-01-01', { year: 2007, week: 1 }, { weekday: 1, day: 1 }],
    ['2008-12-29', { year: 2009, week: 1 }, { weekday: 1, day: 364 }],
    ['2008-12-31', { year: 2009, week: 1 }, { weekday: 3, day: 366 }],
    ['2010-01-03', { year: 2009, week: 53 }, { weekday: 7, day: 3 }],
    ['0050-01-01', { year: 49, week: 52 }, { weekday: 6, day: 1 }],
  ])('%s is in the week %j and the day %j', (date, week, { weekday, day }) => {
    for (const time of ['00:00:00.000', '23:59:59.999']) {
      const wall = new Date(`${date}T${time}Z`);
      expect(isoWeek(wall)).toEqual(week);
      expect(isoWeekday(wall)).toBe(weekday);
      expect(dayOfYear(wall)).toBe(day);
    }
  });

  it('counts a week as seven days that begin on Monday', () => {
    const days = fc.integer({ min: -700_000, max: 2_900_000 }).map((day) => new Date(day * DAY_MS));
    fc.assert(
      fc.property(days, (day) => {
        const next = new Date(day.getTime() + DAY_MS);
        const isSameWeek = JSON.stringify(isoWeek(next)) === JSON.stringify(isoWeek(day));
        expect(isoWeekday(next)).toBe((isoWeekday(day) % 7) + 1);
        expect(isSameWeek).toBe(isoWeekday(next) !== 1);
      }),
    );
  });
});
