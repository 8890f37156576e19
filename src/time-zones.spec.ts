import * as fc from 'fast-check';
import { processorTime } from '../test/support/processor-time.js';
import { isTimeZone, momentOnWall, offsetAt, spellingOfZone, timeZoneNames } from './time-zones.js';

const HOUR = 3_600_000;

const inBerlin = (wall: string): string =>
  new Date(
    momentOnWall(Date.parse(`${wall}Z`), (at) => offsetAt(at, 'Europe/Berlin') ?? 0),
  ).toISOString();

describe('a time zone', () => {
  it.each([
    'UTC',
    'Europe/Berlin',
    'europe/BERLIN',
    'America/New_York',
    'Asia/Kathmandu',
    'Asia/Katmandu',
    'US/Eastern',
    'Etc/GMT+5',
  ])('is there: %s', (name) => expect(isTimeZone(name)).toBe(true));

  it('is known without making a clock for it', () => {
    const names = timeZoneNames().slice(0, 300);
    expect(names.every((name) => isTimeZone(name))).toBe(true);
    const { ms } = processorTime(() => {
      for (let i = 0; i < 100; i += 1) names.forEach((name) => isTimeZone(name));
    });
    // A clock for each of them would take more than a second.
    expect(ms).toBeLessThan(400);
  });

  it.each(['', 'Nowhere', '+02:00', 'Europe/Berlin ', '__proto__', `A${'a'.repeat(60)}`])(
    'is not there: %j',
    (name) => {
      expect(isTimeZone(name)).toBe(false);
      expect(offsetAt(0, name)).toBeUndefined();
    },
  );

  it('is ahead of UTC by what its clocks show, in summer and in winter', () => {
    expect(offsetAt(Date.parse('2026-01-15T12:00:00Z'), 'Europe/Berlin')).toBe(HOUR);
    expect(offsetAt(Date.parse('2026-07-15T12:00:00Z'), 'Europe/Berlin')).toBe(2 * HOUR);
    expect(offsetAt(Date.parse('2026-01-15T12:00:00Z'), 'America/New_York')).toBe(-5 * HOUR);
    expect(offsetAt(Date.parse('2026-01-15T12:00:00Z'), 'Asia/Kathmandu')).toBe(5.75 * HOUR);
  });

  it('finds the moment that a wall clock shows, also around the changes of the clocks', () => {
    expect(inBerlin('2026-01-15T12:00:00')).toBe('2026-01-15T11:00:00.000Z');
    // 02:30 is skipped on this day: as late after the change.
    expect(inBerlin('2026-03-29T02:30:00')).toBe('2026-03-29T01:30:00.000Z');
    // 02:30 comes twice on this day: the first.
    expect(inBerlin('2026-10-25T02:30:00')).toBe('2026-10-25T00:30:00.000Z');
  });

  it('goes from a moment to its wall clock and back, but for the hour that comes twice', () => {
    const zone = fc.constantFrom('Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe');
    const moment = fc.integer({ min: 0, max: Date.parse('2037-01-01') });
    fc.assert(
      fc.property(zone, moment, (name, at) => {
        const ahead = (when: number) => offsetAt(when, name) ?? 0;
        const found = momentOnWall(at + ahead(at), ahead);
        expect(found + ahead(found)).toBe(at + ahead(at));
        expect(found).toBeLessThanOrEqual(at);
      }),
    );
  });
});

describe('spellingOfZone', () => {
  it.each([
    ['europe/berlin', 'Europe/Berlin'],
    ['utc', 'UTC'],
    ['America/New_York', 'America/New_York'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['Asia/Calcutta', 'Asia/Calcutta'],
    ['no zone', 'no zone'],
  ])('of %s is %s', (name, spelling) => {
    expect(spellingOfZone(name)).toBe(spelling);
  });
});
