import * as fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { begin } from '../current-evaluation.js';
import { equal } from './equal.js';

beforeEach(() => begin(null, 1_000_000));

describe('equal', () => {
  it('is equality of JSON', () => {
    const value = fc.jsonValue({ maxDepth: 3 }).map((json) => JSON.parse(JSON.stringify(json)));
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(equal(a, b)).toBe(isDeepStrictEqual(a, b));
        expect(equal(a, structuredClone(a))).toBe(true);
        expect(equal([a], [b])).toBe(equal(a, b));
      }),
    );
  });

  it.each<[unknown, unknown]>([
    [5, '5'],
    [[], {}],
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ a: null }, {}],
    [JSON.parse('{"__proto__": 1}'), {}],
    [[1], [1, 2]],
    ['a', 'b'],
  ])('tells %j from %j', (a, b) => {
    expect(equal(a, b)).toBe(false);
    expect(equal(b, a)).toBe(false);
  });

  it('is paid for', () => {
    begin(null, 10);
    const list = Array.from({ length: 100 }, (_, index) => index);
    expect(() => equal(list, [...list])).toThrow('out of steps');
  });
});
