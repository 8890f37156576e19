import { oneOf, randomOf } from './random.js';

const numbers = (seed: number) => Array.from({ length: 5 }, randomOf(seed));

it('the same seed gives the same numbers, another one others', () => {
  expect(numbers(7)).toEqual(numbers(7));
  expect(numbers(7)).not.toEqual(numbers(8));
  expect(numbers(7).every((number) => number >= 0 && number < 1)).toBe(true);
});

it('chooses any of them', () => {
  expect(oneOf(['a', 'b'], () => 0)).toBe('a');
  expect(oneOf(['a', 'b'], () => 0.999)).toBe('b');
});
