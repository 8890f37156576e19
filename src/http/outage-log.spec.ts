import { jest } from '@jest/globals';
import { OutageLog } from './outage-log.js';

const MINUTE_MS = 60_000;
const where = { method: 'POST', path: '/v1/events' };

/** Refuses requests, and collects the lines that are written: their names, with the requests refused so far. */
function outage() {
  const lines: string[] = [];
  const write = (fields: object, name?: string) =>
    lines.push(`${name} ${String(Reflect.get(fields, 'failures'))}`);
  const log = new OutageLog({ error: write, info: write });
  const refuse = () => log.refused(new Error('away'), where);
  return { refuse, lines };
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('OutageLog', () => {
  it('tells once that nothing was refused for a minute, and of the next outage from the first request', () => {
    const { refuse, lines } = outage();
    for (let request = 0; request < 3; request++) refuse();
    jest.advanceTimersByTime(MINUTE_MS);
    jest.advanceTimersByTime(MINUTE_MS);
    refuse();
    expect(lines).toEqual([
      'http.database_away 1',
      'http.database_away 2',
      'http.no_longer_refused 3',
      'http.database_away 1',
    ]);
  });

  it('takes an outage in which few ask for one', () => {
    const { refuse, lines } = outage();
    for (let request = 0; request < 4; request++) {
      refuse();
      jest.advanceTimersByTime(MINUTE_MS - 1);
    }
    expect(lines).toEqual([1, 2, 4].map((count) => `http.database_away ${count}`));
    jest.advanceTimersByTime(1);
    expect(lines.at(-1)).toBe('http.no_longer_refused 4');
  });
});
