import * as fc from 'fast-check';
import { BugleError } from '../errors.js';
import { findForbidden, joinPath, parseJsonBody } from './json-text.js';

const parse = (text: string): unknown => parseJsonBody(Buffer.from(text));

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** What the parser refuses, in short. */
function refusal(body: Buffer | string): string {
  try {
    parseJsonBody(Buffer.from(body));
  } catch (error) {
    if (!(error instanceof BugleError)) throw error;
    const faults = error.faults.map(({ path, code }) => `${path}: ${code}`);
    return faults.length > 0 ? faults.join(', ') : `${error.code}, ${error.message}`;
  }
  return 'nothing';
}

describe('parseJsonBody', () => {
  it('gives what JSON.parse gives, unless something in it is forbidden', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (given) => {
        const text = JSON.stringify(given);
        fc.pre(!/"(__proto__|constructor|prototype)":|\\u0000/.test(text));
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('tells the line and the column, and quotes nothing of the body', () => {
    expect(refusal('{\n  "secret": x\n}')).toBe(
      'malformed_json, The body is not valid JSON: see line 2, column 13.',
    );
    expect(refusal('{"a": 1')).toBe(
      'malformed_json, The body is not valid JSON: it ends too early.',
    );
    expect(refusal('')).toBe('malformed_json, The body is not valid JSON: it is empty.');
  });

  it('refuses bytes that are not UTF-8', () => {
    const message = 'malformed_json, The body is not valid UTF-8 text.';
    expect(refusal(Buffer.from([0x22, 0xff, 0x22]))).toBe(message);
    expect(refusal(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBe(message);
  });

  it.each([
    ['{"a":"\\u0000"}', 'a: nul_byte'],
    ['["x","\\ud800"]', '[1]: lone_surrogate'],
    ['{"\\udfff":1}', '["\ufffd"]: lone_surrogate'],
    ['{"a":1e999}', 'a: number_out_of_range'],
    ['{"__proto__":1}', '__proto__: forbidden_key'],
    ['{"a":[{"constructor":1}]}', 'a[0].constructor: forbidden_key'],
    ['{"prototype":{}}', 'prototype: forbidden_key'],
  ])('refuses %s', (text, faults) => {
    expect(refusal(text)).toBe(faults);
  });

  it('takes whole surrogate pairs, large numbers and names like those that are forbidden', () => {
    const text = '{"a":"😀","n":1.7976931348623157e+308,"__proto":1,"Constructor":2}';
    expect(JSON.stringify(parse(text))).toBe(text);
  });

  it('takes 64 levels and no more', () => {
    expect(refusal(nested(64))).toBe('nothing');
    expect(refusal(nested(65))).toMatch(/: too_deep$/);
    expect(refusal(nested(200_000))).toMatch(/: too_deep$/);
  });
});

const list = (item: string, count: number) => `[${Array(count).fill(item).join()}]`;

describe('the number of objects and lists in a body', () => {
  it('has a bound, and is counted before anything is parsed', () => {
    expect(refusal(list('{}', 199_999))).toBe('nothing');
    expect(refusal(list('{}', 200_000))).toBe(': too_many_parts');
    expect(refusal('['.repeat(200_001))).toBe(': too_many_parts');
  });

  it('does not count brackets in texts', () => {
    const text = JSON.stringify(`\\"${'[{'.repeat(150_000)}\\`);
    expect(refusal(list(text, 2))).toBe('nothing');
    expect(refusal(`{"a":${list(text, 2)},"b":${list('[]', 200_000)}}`)).toBe(': too_many_parts');
  });
});

it('names no place in a broken body that is too long to look for it', () => {
  expect(refusal(`[${'0,'.repeat(200_000)}`)).toBe('malformed_json, The body is not valid JSON.');
});

describe('findForbidden', () => {
  it('stops after twenty faults', () => {
    expect(findForbidden(Array(1000).fill('\0'))).toHaveLength(20);
  });
});

describe('joinPath', () => {
  it.each([
    ['', 'a', 'a'],
    ['a', 'b', 'a.b'],
    ['a[0]', 'b', 'a[0].b'],
    ['a', 'odd key', 'a["odd key"]'],
    ['a', '', 'a[""]'],
    ['a', '"', 'a["\\""]'],
    ['a', '\ud800', 'a["\ufffd"]'],
  ])('%j and %j: %s', (path, key, joined) => {
    expect(joinPath(path, key)).toBe(joined);
  });

  it('shortens a key that is too long to be shown', () => {
    expect(joinPath('', 'x'.repeat(5000)).length).toBeLessThan(100);
  });
});
