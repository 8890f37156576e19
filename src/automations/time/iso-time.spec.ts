import * as fc from 'fast-check';
import { countedTime, isWritable, readIsoTime, readTimeText } from './iso-time.js';

const HOUR = 3_600_000;

describe('a written time', () => {
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z', undefined],
    ['2026-01-31T12:30', '2026-01-31T12:30:00.000Z', undefined],
    ['2026-01-31 12:30:15.5Z', '2026-01-31T12:30:15.500Z', 0],
    ['2026-01-31T12:30:15+02:00', '2026-01-31T12:30:15.000Z', 2 * HOUR],
    ['2026-01-31T12:30:15-0330', '2026-01-31T12:30:15.000Z', -3.5 * HOUR],
    ['2026-01-31T12:30:15+23:59', '2026-01-31T12:30:15.000Z', 24 * HOUR - 60_000],
    ['2026-01-31T24:00:00Z', '2026-02-01T00:00:00.000Z', 0],
    ['2026-12-31T23:59:60Z', '2027-01-01T00:00:00.000Z', 0],
  ])('%s', (text, wall, offset) => {
    expect(readIsoTime(text)).toEqual({ wall: Date.parse(wall), offset });
  });

  it.each(['', 'now', '2026-02-31', '2026-13-01', '2026-01-31T25:00', '31.01.2026', '1e3'])(
    'is none: %j',
    (text) => expect(readIsoTime(text)).toBeUndefined(),
  );

  it.each(['24:59:59', '24:00:01', '24:00:00.5', '24:01', '12:60', '12:00:61'])(
    'is none at %s',
    (time) => expect(readIsoTime(`2026-01-31T${time}`)).toBeUndefined(),
  );

  it.each(['+99:99', '+24:00', '-01:60', '+1', '+010'])('is none with the offset %s', (offset) => {
    expect(readIsoTime(`2026-01-31T12:00:00${offset}`)).toBeUndefined();
  });

  it('is read like JavaScript reads it', () => {
    const date = fc.date({
      min: new Date('0001-01-02'),
      max: new Date('9999-12-30'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, (written) => {
        expect(readIsoTime(written.toISOString())).toEqual({ wall: written.getTime(), offset: 0 });
        expect(isWritable(written.getTime())).toBe(true);
      }),
    );
  });

  it('may count seconds or milliseconds', () => {
    expect(countedTime(1_769_860_800)).toBe(1_769_860_800_000);
    expect(countedTime(1_769_860_800_000)).toBe(1_769_860_800_000);
    expect(isWritable(Date.parse('+010000-01-01'))).toBe(false);
    expect(isWritable(Number.NaN)).toBe(false);
  });

  it.each([
    ['1800000000', 1_800_000_000_000],
    [' 1769860800000 ', 1_769_860_800_000],
    ['-100000000', -100_000_000_000],
    ['2026-01-31T00:00Z', 1_769_817_600_000],
  ])('may be a text that counts: %j', (text, moment) => {
    expect(readTimeText(text)).toEqual({ wall: moment, offset: 0 });
  });

  it.each(['2026', '12345678', '1234567890123456', '1.8e9', '1800000000.5', '+1800000000', ''])(
    'is no count: %j',
    (text) => expect(readTimeText(text)).toBeUndefined(),
  );
});
