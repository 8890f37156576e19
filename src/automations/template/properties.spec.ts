import * as fc from 'fast-check';
import { escapeText } from './values/escape.js';
import { jsonErrorOffset } from './values/json-error.js';
import type { JsonValue } from '../../json.js';
import { attempt, render } from './rendering.fixture.js';

const anyText = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"', '\\', '\n', '\u2028', '\ud800', '😀', '{{', '%}'),
  ),
});
const anyJson = fc
  .jsonValue({ depthSize: 'medium' })
  .map((value): JsonValue => JSON.parse(JSON.stringify(value)));
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD');

it('prints any JSON value with |json as itself', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      expect(attempt('{{ v|json }}', { v: value })).toEqual({
        ok: true,
        body: JSON.stringify(value),
      });
      expect(render('{{ [v, {k: v}]|json }}', { v: value })).toEqual([value, { k: value }]);
    }),
  );
});

it.each([
  ['directly', '"{{ v }}"'],
  ['by a macro', '{% macro m(v) %}{{ v }}{% endmacro %}"{{ _self.m(v) }}"'],
  ['by a capture', '{% set x %}{{ v }}{% endset %}"{{ x }}"'],
  [
    'by a capture in a macro',
    '{% macro m(v) %}{% set x %}{{ v }}{% endset %}{{ x }}{% endmacro %}"{{ _self.m(v) }}"',
  ],
  ['by default', '"{{ missing|default(v) }}"'],
  ['by a filter', '"{{ v|reverse|reverse }}"'],
  ['by concatenation', '"{{ v ~ "" }}"'],
  ['out of a list', '"{{ [v]|map(x => x)|first }}"'],
])('prints any text inside quotes %s', (_way, source) => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(render(source, { v: text })).toBe(wellFormed(text));
    }),
  );
});

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

it('prints any literal inside quotes', () => {
  const literal = anyText.map((text) => text.replace(/[\r]|\s{9,}/g, ''));
  fc.assert(
    fc.property(literal, (text) => {
      const expected = wellFormed(text);
      expect(render(`"{{ ${quoted(text)} }}"`)).toBe(expected);
      expect(render(`"{{ missing|default(${quoted(text)}) }}"`)).toBe(expected);
    }),
  );
});

it('escapes any text to the inside of a JSON string', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(JSON.parse(`"${escapeText(text)}"`)).toBe(wellFormed(text));
    }),
  );
});

it('answers a value for any source, and only JSON when it answers a body', () => {
  const words = [
    '{{',
    '}}',
    '{%',
    '%}',
    '{#',
    '#}',
    'if',
    'for',
    'in',
    'set',
    'endif',
    'endfor',
    '"',
    "'",
    '|',
    '(',
    ')',
    '[',
    ']',
    '.',
    '??',
    '=>',
    'a',
    'json',
    'default',
    ' ',
    '\n',
    '1',
    '=',
    '~',
    '-',
    '...',
    '_self',
    'macro',
    'endmacro',
    ',',
    ':',
    '{',
    '}',
  ];
  const source = fc
    .array(fc.constantFrom(...words), { maxLength: 40 })
    .map((parts) => parts.join(' '));
  fc.assert(
    fc.property(source, (text) => {
      const result = attempt(text, { a: ['x'] });
      expect(result.ok ? typeof JSON.stringify(JSON.parse(result.body)) : result.code).toMatch(
        /^[a-z_]{5,}$/,
      );
    }),
    { numRuns: 500 },
  );
});

it('finds the place where a text stops being JSON', () => {
  fc.assert(
    fc.property(anyJson, fc.nat(), (value, at) => {
      const text = JSON.stringify(value);
      expect(jsonErrorOffset(text)).toBe(text.length);
      const cut = at % (text.length + 1);
      expect(jsonErrorOffset(`${text.slice(0, cut)}\u0001${text.slice(cut)}`)).toBeLessThanOrEqual(
        cut,
      );
    }),
  );
});
