import * as fc from 'fast-check';
import { fittingCount } from './fitting-count.js';

const same = (size: number): number => size;

describe('how many items fit together', () => {
  it.each([
    [[], {}, 0],
    [[4, 6, 1], { size: 10 }, 2],
    [[50, 1], { size: 10 }, 1],
    [[1, 1, 1], { items: 2 }, 2],
    [[4, 6, 1], {}, 3],
  ])('of %j with %j are %j', (list, limits, count) => {
    expect(fittingCount(list, limits, same)).toBe(count);
  });

  it('is as many as there can be, and at least one', () => {
    const sizes = fc.array(fc.nat(20), { minLength: 1 });
    fc.assert(
      fc.property(sizes, fc.nat(60), fc.integer({ min: 1, max: 9 }), (list, size, items) => {
        const count = fittingCount(list, { size, items }, same);
        const sum = (first: number) => list.slice(0, first).reduce((a, b) => a + b, 0);
        expect(count === 1 || (sum(count) <= size && count <= items)).toBe(true);
        const isMore = count < list.length;
        expect(isMore && count + 1 <= items && sum(count + 1) <= size).toBe(false);
      }),
    );
  });
});
