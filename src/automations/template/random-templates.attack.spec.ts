import * as fc from 'fast-check';
import { processorTime } from '../../../test/support/processor-time.js';
import type { Callable } from './library/callable.js';
import { compileTemplate, renderTemplate } from './index.js';
import { DEFAULT_TEMPLATE_LIMITS } from './limits.js';
import { BINARY_OPERATORS } from './library/operators.js';
import { FILTERS, FUNCTIONS, TESTS } from './library/policy.js';
import { contextOf } from './rendering.fixture.js';

const NAMES = [
  'data',
  'list',
  'text',
  'o',
  'x',
  'y',
  'loop',
  '__proto__',
  'constructor',
  'toString',
];
const LITERALS = ['1', '0', '-1', '2.5', '9999', "'a'", "''", "'constructor'", 'null', 'true'];
const data = {
  data: { list: [3, 1, 2], text: 'x"\\\n\u2028😀\ud800', o: { a: 1, constructor: 'own' } },
  list: Array.from({ length: 50 }, (_, i) => i),
  text: 'abc'.repeat(1000),
  o: JSON.parse('{"__proto__": {"a": 1}, "b": [1, {"c": null}]}'),
  now: '2026-01-31T12:00:00Z',
  workspace: { timeZone: 'Europe/Berlin' },
};

const name = fc.constantFrom(...NAMES);
/** A call with as many arguments as the callable takes. */
const callOf = (
  [called, { parameters = [], variadic, arrow }]: readonly [string, Callable],
  given: readonly string[],
): string => {
  const required = parameters.filter(({ fallback }) => fallback === undefined).length;
  const most = variadic ? given.length : parameters.length;
  const values = given.slice(0, Math.max(required, Math.min(most, given.length - 1)));
  const all = arrow ? [`(x, y) => ${given.at(-1)}`, ...values] : values;
  return all.length > 0 ? `${called}(${all.join(', ')})` : called;
};
const signs = [...BINARY_OPERATORS.values()].map(({ sign }) => sign);

const threeOf = (one: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.array(one, { minLength: 3, maxLength: 3 });

const { expression } = fc.letrec<Record<'expression' | 'leaf', string>>((tie) => ({
  leaf: fc.oneof(name, fc.constantFrom(...LITERALS)),
  expression: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    tie('leaf'),
    fc
      .tuple(tie('expression'), fc.constantFrom(...signs), tie('expression'))
      .map(([a, sign, b]) => `(${a} ${sign} ${b})`),
    fc
      .tuple(tie('expression'), fc.constantFrom(...FILTERS), threeOf(tie('expression')))
      .map(([a, filter, given]) => `(${a})|${callOf(filter, given)}`),
    fc
      .tuple(fc.constantFrom(...FUNCTIONS), threeOf(tie('expression')))
      .map(([called, given]) => callOf(called, given).replace(/^\w+$/, '$&()')),
    fc
      .tuple(tie('expression'), fc.constantFrom(...TESTS), threeOf(tie('expression')))
      .map(([a, test, given]) => `(${a} is ${callOf(test, given)})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a})[${b}]`),
    fc.tuple(tie('expression'), name).map(([a, b]) => `(${a}).${b}`),
    fc.array(tie('expression'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
    fc.tuple(name, tie('expression')).map(([key, a]) => `{${key}: ${a}}`),
    fc
      .tuple(tie('expression'), tie('expression'))
      .map(([a, b]) => `(${a} ? ${b} : (${a} ?? ${b}))`),
  ),
}));

const { statements } = fc.letrec<Record<'statements' | 'statement', string>>((tie) => ({
  statements: fc
    .array(tie('statement'), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join('')),
  statement: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    expression.map((a) => `{{ ${a} }}`),
    expression.map((a) => `"{{ ${a} }}"`),
    expression.map((a) => `{{ (${a})|json }},`),
    fc.tuple(name, expression).map(([key, a]) => `{% set ${key} = ${a} %}`),
    fc.tuple(name, tie('statements')).map(([key, a]) => `{% set ${key} %}${a}{% endset %}`),
    fc
      .tuple(name, expression, tie('statements'))
      .map(([key, a, b]) => `{% for ${key} in ${a} %}${b}{% endfor %}`),
    fc.tuple(expression, tie('statements')).map(([a, b]) => `{% if ${a} %}${b}{% endif %}`),
    fc
      .tuple(name, expression)
      .map(([key, a]) => `{% with {${key}: ${a}} %}{{ ${key} }}{% endwith %}`),
    tie('statements').map((a) => `{% for y in 1..9999 %}${a}{% endfor %}`),
    expression.map((a) => `{{ _self.m(${a}) }}`),
  ),
}));

const template = fc
  .tuple(statements, statements)
  .map(([macro, body]) => `{% macro m(x) %}${macro}{% endmacro %}[${body}1]`);

it('random templates end in time with JSON or a fault, and change nothing outside', () => {
  const context = contextOf(data);
  const before = JSON.stringify(data);
  const budget = { runs: 0, valid: 0, rendered: 0, slowest: 0 };
  fc.assert(
    fc.property(template, (source) => {
      const { ms, result: outcome } = processorTime(() => {
        const compiled = compileTemplate(source, { format: 'json-text' });
        return compiled.ok ? renderTemplate(compiled.template, context) : undefined;
      });
      budget.slowest = Math.max(budget.slowest, ms);
      budget.runs += 1;
      budget.valid += Number(outcome !== undefined);
      budget.rendered += Number(outcome?.ok ?? false);
      if (!outcome) return;
      if (outcome.ok) JSON.parse(outcome.body);
      const size = outcome.ok ? Buffer.byteLength(outcome.body) : 0;
      expect(size).toBeLessThanOrEqual(DEFAULT_TEMPLATE_LIMITS.body);
      // A fault names its kind only when it is a bug of ours.
      expect(JSON.stringify(outcome)).not.toContain('could not be rendered');
      const place = outcome.ok ? { line: 1, column: 1 } : outcome.fault;
      expect(place).toMatchObject({ line: 1, column: expect.any(Number) });
    }),
    { numRuns: 400 },
  );
  expect(JSON.stringify(data)).toBe(before);
  expect('a' in {}).toBe(false);
  // The grammar is of use only while a good part of it is accepted.
  expect(budget.valid).toBeGreaterThan(budget.runs / 4);
  expect(budget.rendered).toBeGreaterThan(3);
  // Far above the 50 ms of the limits.
  expect(budget.slowest).toBeLessThan(1000);
});
