import * as fc from 'fast-check';
import { EqualityIndex } from './equality-index.js';
import { equalitiesOf } from './equality-keys.js';
import { condition } from './rules.fixture.js';

it('is empty again when all that came in was taken out, in whatever order', () => {
  const items = fc.array(condition.map(equalitiesOf));
  const shuffled = items.chain((all) => fc.tuple(fc.constant(all), orderOf(all.length)));
  fc.assert(
    fc.property(shuffled, ([all, order]) => {
      const index = new EqualityIndex<number>();
      all.forEach((equalities, item) => index.add(item, equalities));
      for (const item of order) index.remove(item, all[item] ?? []);
      expect(index.isEmpty).toBe(true);
    }),
  );
});

/** All numbers below, shuffled. */
function orderOf(length: number): fc.Arbitrary<number[]> {
  const numbers = Array.from({ length }, (_, number) => number);
  return fc.shuffledSubarray(numbers, { minLength: length, maxLength: length });
}
