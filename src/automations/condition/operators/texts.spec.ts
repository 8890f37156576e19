import * as fc from 'fast-check';
import type { JsonValue } from '../../../json.js';
import { give } from '../condition.fixture.js';

const NOTHING: JsonValue[] = [null, { var: 'data.absent' }, { var: 'actor' }];
const NO_TEXT: JsonValue[] = [...NOTHING, [[]], { var: 'data.tags' }, { var: 'data.unit' }];

describe('operators on texts', () => {
  it.each<[JsonValue, unknown]>([
    [{ starts_with: ['Captain', 'Cap'] }, true],
    [{ starts_with: ['Captain', 'cap'] }, false],
    [{ starts_with: ['Captain', ''] }, true],
    [{ starts_with: [1234, 12] }, true],
    [{ ends_with: ['Captain', 'tain'] }, true],
    [{ ends_with: ['tain', 'Captain'] }, false],
    [{ contains: ['Captain', 'apt'] }, true],
    [{ contains: ['Captain', 'x'] }, false],
    [{ contains: [{ var: 'data.tags' }, 'pilot'] }, true],
    [{ contains: [{ var: 'data.tags' }, 'pil'] }, false],
    [{ contains: [[1, '2', [3]], '1'] }, false],
    [{ contains: [[1, '2', [3]], [3]] }, true],
    [{ contains: [[null], null] }, true],
    [{ contains: [{ var: 'data.unit' }, 'name'] }, false],
    [{ lower: 'ÄBC' }, 'äbc'],
    [{ upper: 'äbc' }, 'ÄBC'],
    [{ upper: true }, 'TRUE'],
    [{ trim: '\n x y\t ' }, 'x y'],
    [{ length: 'a😀' }, 2],
    [{ length: 120 }, 3],
    [{ length: [[1, 2, 3]] }, 3],
    [{ length: { var: 'data.unit' } }, 1],
    [{ matches_glob: ['user.updated', 'user.*'] }, true],
    [{ matches_glob: ['user.updated', '*up?ated'] }, true],
    [{ matches_glob: ['user.updated', 'User.*'] }, false],
    [{ matches_glob: ['user.updated', 'user'] }, false],
    [{ matches_glob: ['a😀c', 'a?c'] }, true],
    [{ matches_glob: ['', '*'] }, true],
    [{ matches_glob: ['', '?'] }, false],
    [{ matches_glob: ['a*c', 'a\\*c'] }, true],
    [{ matches_glob: ['abc', 'a\\*c'] }, false],
    [{ matches_glob: ['a.c', 'a[.]c'] }, false],
    [{ matches_glob: ['x', { cat: 'x'.repeat(300) }] }, false],
  ])('%j gives %j', (rule, expected) => {
    expect(give(rule)).toEqual(expected);
  });

  it.each(NO_TEXT)('have a value for what is no text: %j', (value) => {
    for (const name of ['starts_with', 'ends_with', 'matches_glob']) {
      expect(give({ [name]: [value, ''] })).toBe(false);
      expect(give({ [name]: ['', value] })).toBe(false);
      expect(give({ [name]: [value, value] })).toBe(false);
    }
    for (const name of ['lower', 'upper', 'trim']) expect(give({ [name]: [value] })).toBe('');
    expect(give({ contains: ['', value] })).toBe(false);
  });

  it.each(NOTHING)('have a value for %j', (value) => {
    expect(give({ length: [value] })).toBe(0);
    expect(give({ contains: [value, 'x'] })).toBe(false);
    expect(give({ contains: [value, value] })).toBe(false);
  });

  it('match patterns as a regular expression would', () => {
    const alphabet = fc.constantFrom('a', 'b', '😀');
    const text = fc.array(alphabet, { maxLength: 8 }).map((parts) => parts.join(''));
    const pattern = fc.array(fc.oneof(alphabet, fc.constantFrom('*', '?')), { maxLength: 6 });
    const meaning = new Map([
      ['*', '.*'],
      ['?', '.'],
    ]);
    fc.assert(
      fc.property(text, pattern, (subject, parts) => {
        const source = parts.map((part) => meaning.get(part) ?? part).join('');
        const expected = new RegExp(`^${source}$`, 'su').test(subject);
        expect(give({ matches_glob: [subject, parts.join('')] })).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });
});
