import * as fc from 'fast-check';
import { jsonBreak } from './json-break.js';

describe('jsonBreak', () => {
  it.each([
    ['{"a": }', 6],
    ['{"a" 1}', 5],
    ['{a: 1}', 1],
    ["{'a': 1}", 1],
    ['{"a": 1,}', 8],
    ['[1, 2,]', 6],
    ['[1 2]', 3],
    ['{"a": 1]', 7],
    ['1 2', 2],
    ['}', 0],
    ['', 0],
    ['tru', 3],
    ['trye', 2],
    ['nul]', 3],
    ['01', 1],
    ['-', 0],
    ['1.', 1],
    ['.5', 0],
    ['NaN', 0],
    ['"a', 2],
    ['"a\nb"', 2],
    ['"\\x"', 1],
    ['"\\u12"', 1],
    ['{"a": "b', 8],
    [' \n [', 4],
    ['\ufeff{}', 0],
  ])('of %j is %i', (text, index) => {
    expect(jsonBreak(text)).toBe(index);
  });

  it('is the end of every JSON text', () => {
    fc.assert(fc.property(fc.json(), (text) => expect(jsonBreak(text)).toBe(text.length)));
  });

  it('is the end of a text that was cut off, or the token that was cut in two', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, seed) => {
        const cut = text.slice(0, seed % (text.length + 1));
        expect(cut.slice(jsonBreak(cut))).toMatch(/^(\\(u[0-9a-fA-F]{0,3})?|\.|-|e[+-]?)?$/);
      }),
    );
  });

  it('is where something was put that JSON does not have', () => {
    const text = fc.array(fc.stringMatching(/^[a-z ]{0,6}$/)).map((items) => JSON.stringify(items));
    fc.assert(
      fc.property(text, fc.nat(), (whole, seed) => {
        const at = seed % (whole.length + 1);
        expect(jsonBreak(`${whole.slice(0, at)}\u0001${whole.slice(at)}`)).toBe(at);
      }),
    );
  });

  it('stands deep nesting and any length', () => {
    expect(jsonBreak(`${'['.repeat(90_000)}x`)).toBe(90_000);
    expect(jsonBreak(`"${'a'.repeat(5_000_000)}`)).toBe(5_000_001);
    expect(jsonBreak(`"${'\\n'.repeat(1_000_000)}`)).toBe(2_000_001);
  });

  it('is not looked for behind a hundred thousand tokens', () => {
    expect(jsonBreak(`${'['.repeat(500_000)}x`)).toBeUndefined();
    expect(jsonBreak(`[${'0,'.repeat(500_000)}x`)).toBeUndefined();
  });
});
