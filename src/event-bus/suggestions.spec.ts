import { Suggestions } from './suggestions.js';

it('are made twenty times in a request, and then no more', () => {
  const suggestions = new Suggestions();
  const made = Array.from({ length: 30 }, () =>
    suggestions.nearest('user.craeted', ['user.created']),
  );
  expect(made.slice(0, 20)).toEqual(Array(20).fill('user.created'));
  expect(made.slice(20)).toEqual(Array(10).fill(undefined));
});
