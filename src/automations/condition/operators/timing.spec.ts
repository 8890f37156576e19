import * as fc from 'fast-check';
import type { JsonValue } from '../../../json.js';
import { contextWith, give } from '../condition.fixture.js';

describe('operators on times', () => {
  it.each<[JsonValue, boolean]>([
    [{ before: ['2026-01-30', '2026-01-31'] }, true],
    [{ before: ['2026-01-31', '2026-01-31T00:00:00Z'] }, false],
    [{ before: ['2026-01-31T12:00:00+02:00', '2026-01-31T11:00:00Z'] }, true],
    [{ before: ['2026-01-31 12:00:00', '2026-01-31T12:00:00.001Z'] }, true],
    [{ after: ['2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00Z'] }, true],
    [{ after: [1_800_000_000, '2026-01-31'] }, true],
    [{ after: [1_800_000_000_000, 1_800_000_000] }, false],
    [{ after: ['1800000000', '2026-01-31'] }, true],
    [{ between: ['1800000000', '2026-01-31', '2028-01-31'] }, true],
    [{ before: ['0001-01-01', '0099-12-31'] }, true],
    [{ within_last: ['2026-06-01T08:00:00Z', '0s'] }, true],
    [{ within_last: ['2026-06-01T07:59:00Z', '60s'] }, true],
    [{ within_last: ['2026-06-01T07:58:59Z', '1m'] }, false],
    [{ within_last: ['2026-06-01T08:00:01Z', '90d'] }, false],
    [{ within_last: ['2026-05-25T08:00:00Z', '1w'] }, true],
    [{ older_than: ['2026-05-25T08:00:00Z', '1w'] }, false],
    [{ older_than: ['2026-05-25T07:59:59Z', '168h'] }, true],
    [{ older_than: ['2026-06-02T08:00:00Z', '1s'] }, false],
  ])('%j is %s', (rule, expected) => {
    expect(give(rule)).toBe(expected);
  });

  it.each<JsonValue>([
    null,
    '',
    'x',
    '2026-13-01',
    '2026-02-30',
    '31.01.2026',
    '2026',
    true,
    [[]],
    9e15,
  ])('have a value for what is no time: %j', (value) => {
    for (const name of ['before', 'after']) {
      expect(give({ [name]: [value, '2026-01-01'] })).toBe(false);
      expect(give({ [name]: ['2026-01-01', value] })).toBe(false);
    }
    expect(give({ within_last: [value, '1d'] })).toBe(false);
    expect(give({ older_than: [value, '1d'] })).toBe(false);
    expect(give({ older_than: ['2020-01-01', value] })).toBe(false);
    expect(give({ date_part: [value, 'year'] })).toBeNull();
    expect(give({ date_part: ['2026-01-01', value] })).toBeNull();
  });

  it('know no age without a time of now', () => {
    const timeless = contextWith({ now: null });
    expect(give({ within_last: ['2026-01-01', '9999w'] }, timeless)).toBe(false);
    expect(give({ older_than: ['2026-01-01', '1s'] }, timeless)).toBe(false);
  });

  it.each<[string, unknown]>([
    ['year', 2027],
    ['quarter', 1],
    ['month', 1],
    ['week', 53],
    ['day', 1],
    ['day_of_year', 1],
    ['weekday', 5],
    ['hour', 8],
    ['minute', 45],
    ['second', 30],
    ['date', '2027-01-01'],
    ['time', '08:45'],
  ])('know the %s of a time in a zone', (part, expected) => {
    const time = '2026-12-31T23:45:30.5Z';
    expect(give({ date_part: [time, part, 'Asia/Tokyo'] })).toBe(expected);
  });

  it('use the time zone of the workspace, and UTC where there is none', () => {
    const inBerlin = contextWith({ workspace: { timeZone: 'Europe/Berlin' } });
    const noon = '2026-07-01T12:00:00Z';
    expect(give({ date_part: [noon, 'hour'] }, inBerlin)).toBe(14);
    expect(give({ date_part: [noon, 'hour', 'UTC'] }, inBerlin)).toBe(12);
    expect(give({ date_part: [noon, 'hour'] }, contextWith({ workspace: null }))).toBe(12);
    expect(give({ date_part: [noon, 'hour', 'Nowhere/City'] }, inBerlin)).toBeNull();
    expect(give({ date_part: ['2026-07-01 09:00', 'hour'] }, inBerlin)).toBe(9);
    expect(give({ before: ['2026-07-01', '2026-06-30T22:00:01Z'] }, inBerlin)).toBe(true);
    expect(give({ before: ['2026-07-01', '2026-06-30T22:00:00Z'] }, inBerlin)).toBe(false);
  });

  it('agree with the calendar of JavaScript at any time', () => {
    const moment = fc.date({
      min: new Date('1600-01-01'),
      max: new Date('2400-01-01'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moment, (date) => {
        const iso = date.toISOString();
        expect(give({ date_part: [iso, 'date'] })).toBe(iso.slice(0, 10));
        expect(give({ date_part: [iso, 'time'] })).toBe(iso.slice(11, 16));
        expect(give({ date_part: [iso, 'weekday'] })).toBe(date.getUTCDay() || 7);
        expect(give({ between: [iso, iso, iso] })).toBe(true);
        expect(give({ before: [iso, iso] })).toBe(false);
      }),
    );
  });
});
