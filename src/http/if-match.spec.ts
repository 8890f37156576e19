import { parseIfMatch } from './if-match.js';

describe('parseIfMatch', () => {
  it.each([
    ['"3"', 3],
    ['W/"3"', 3],
    ['3', 3],
    ['  "12"  ', 12],
    ['*', undefined],
    [undefined, undefined],
  ])('%j: %p', (header, revision) => {
    expect(parseIfMatch(header)).toBe(revision);
  });

  it.each(['', '"x"', '"1", "2"', '-1', '1.5', '"9999999999"'])('refuses %j', (header) => {
    expect(() => parseIfMatch(header)).toThrow(
      expect.objectContaining({ status: 400, code: 'invalid_if_match' }),
    );
  });
});
