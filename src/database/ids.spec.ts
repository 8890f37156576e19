import * as fc from 'fast-check';
import { derivedId, firstIdAt, newId, timeOfId, UUID_PATTERN } from './ids.js';

const millis = fc.integer({ min: 1, max: 2 ** 48 - 1 });
const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('newId', () => {
  it('is a UUIDv7 of now', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(VERSION_7);
    expect(id).toMatch(UUID_PATTERN);
    expect(timeOfId(id)).toBeGreaterThanOrEqual(before);
    expect(timeOfId(id)).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('sorts in the order of making, also more than 4096 times in a millisecond and when the clock steps back a little', () => {
    const now = Date.now() + 1000;
    const ids = Array.from({ length: 10_000 }, (_, n) => newId(n === 5_000 ? now - 5_000 : now));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(ids.toSorted());
    for (const id of ids) expect(id).toMatch(VERSION_7);
  });

  it('follows a clock that comes back from a jump into the future', () => {
    const now = Date.now();
    expect(timeOfId(newId(now + 86_400_000))).toBe(now + 86_400_000);
    expect(timeOfId(newId(now))).toBe(now);
  });
});

describe('derivedId', () => {
  it('is the same for the same, another for another, and carries the time of its parent', () => {
    fc.assert(
      fc.property(fc.uuid({ version: 7 }), fc.string(), fc.string(), (parent, name, other) => {
        const id = derivedId(parent, name);
        expect(id).toMatch(VERSION_7);
        expect(derivedId(parent, name)).toBe(id);
        expect(timeOfId(id)).toBe(timeOfId(parent));
        expect(derivedId(parent, other) === id).toBe(other === name);
      }),
    );
  });

  it('never changes: deliveries of events that are stored already depend on it', () => {
    expect(derivedId('019aa2f0-5c1e-7a52-9d0b-3f6a5f6f2b11', 'rule')).toBe(
      '019aa2f0-5c1e-70e7-bd9c-962a009314e2',
    );
  });
});

describe('firstIdAt', () => {
  it('is below every id of its millisecond, and above every id before', () => {
    fc.assert(
      fc.property(millis, fc.uuid({ version: 7 }), (time, random) => {
        const first = firstIdAt(time);
        expect(timeOfId(first)).toBe(time);
        const inside = first.slice(0, 14) + random.slice(14);
        expect(inside > first).toBe(true);
        const before = firstIdAt(time - 1).slice(0, 14) + random.slice(14);
        expect(before < first).toBe(true);
      }),
    );
  });

  it('does not go below the first time of all', () => {
    expect(firstIdAt(2 ** 48)).toMatch(UUID_PATTERN);
    expect(firstIdAt(-1)).toBe('00000000-0000-0000-0000-000000000000');
    expect(firstIdAt(Date.UTC(1, 0))).toBe('00000000-0000-0000-0000-000000000000');
  });
});
