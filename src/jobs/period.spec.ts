import { firstIdAt, newId } from '../database/index.js';
import { idsIn, requireKept } from './period.js';

const NOW = Date.parse('2026-11-21T20:00:00Z');
const at = (text: string) => firstIdAt(Date.parse(text));

describe('the period of a job', () => {
  const asked = newId(NOW);

  it('is between its two times', () => {
    const period = { since: '2026-11-20T00:00:00Z', until: '2026-11-21T00:00:00Z' };
    expect(idsIn(period, asked)).toEqual({ from: at(period.since), before: at(period.until) });
  });

  it('ends when the job was asked for, at the latest: the job has an end', () => {
    const since = '2026-11-20T00:00:00Z';
    const before = firstIdAt(NOW + 1);
    expect(idsIn({ since, until: null }, asked).before).toBe(before);
    expect(idsIn({ since, until: '2030-01-01T00:00:00Z' }, asked).before).toBe(before);
  });

  it('begins with all that is kept, when nothing is said', () => {
    expect(idsIn({ since: null, until: null }, asked).from).toBe(firstIdAt(0));
  });
});

describe('a time before what is kept', () => {
  const age = { now: NOW, retentionDays: 30 };

  it('is refused, with the first time that is kept', () => {
    expect(() => requireKept('2026-10-22T19:59:59Z', age)).toThrow(
      /^since: .* from 2026-10-22T20:00:00.000Z on$/,
    );
  });

  it.each([
    [1, 'kept for 1 day ('],
    [2, 'kept for 2 days ('],
  ])('is told with how long that is: %d', (retentionDays, told) => {
    const ask = () => requireKept('2020-01-01T00:00:00Z', { now: NOW, retentionDays });
    expect(ask).toThrow(told);
  });

  it('is none from that time on', () => {
    expect(() => requireKept('2026-10-22T20:00:00Z', age)).not.toThrow();
  });
});
