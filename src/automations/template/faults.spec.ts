import { compileTemplate } from './index.js';
import { firstFault, render } from './rendering.fixture.js';

describe('where a fault is', () => {
  it.each([
    ['{% for x in y %}a', 'syntax_error', 1, 4],
    ['a\n{% if a %}', 'syntax_error', 2, 4],
    ['{% set x %}a', 'syntax_error', 1, 4],
    ['{% macro m() %}', 'syntax_error', 1, 4],
    ['{% if a %}{% for x in y %}{% endif %}', 'syntax_error', 1, 30],
    ['{% endfor %}', 'syntax_error', 1, 4],
    ['{% else %}', 'syntax_error', 1, 4],
    ['\n  {{ a', 'syntax_error', 2, 7],
    ["{{ 'abc }}", 'syntax_error', 1, 4],
    ['{% if a == %}x{% endif %}', 'syntax_error', 1, 12],
    ['{% set true = 1 %}', 'syntax_error', 1, 8],
    ['{{ a.{} }}', 'syntax_error', 1, 6],
    ['{# abc', 'syntax_error', 1, 7],
    ['{{ a }}\n{{ a|uper }}', 'unknown_filter', 2, 6],
    ['\n\n{{ 1 / 0 }}', 'template_error', 3, 6],
    ['{"a": 1,\n "b": {{ missing }} }', 'not_json', 2, 7],
    ['{"a": "{{ a }}"\n "b": {{ a }} }', 'not_json', 2, 2],
    ['{{ a }}', 'not_json', 1, 1],
    ['{"a": [1,2}', 'not_json', 1, 11],
    ['', 'not_json', undefined, undefined],
  ])('%j', (source, code, line, column) => {
    expect(firstFault(source, { a: 'b c' })).toMatchObject({
      path: '',
      code,
      ...(line ? { line, column } : {}),
    });
  });
});

describe('what to do about it', () => {
  it.each([
    ['{{ a|uper }}', 'Did you mean "upper"?'],
    ['{{ rnage(1, 2) }}', 'Did you mean "range"?'],
    ['{{ a is emty }}', 'Did you mean "empty"?'],
    ['{{ a is definde }}', 'Did you mean "defined"?'],
    ['{% fro x in y %}', 'Did you mean "for"?'],
    ['{% for x in y %}', 'add {% endfor %}'],
    ['{{ a|raw }}', '|json'],
    ['{% macro label() %}{% endmacro %}{{ _self.lable() }}', 'Did you mean "label"?'],
    ['{{ 1|number_format(decimals=2) }}', 'Did you mean "decimal"?'],
    ['{{ a|upper(1) }}', 'at most 0 arguments'],
    ['{{ a|slice }}', 'needs its argument 1, "start"'],
    ['{{ data }}', 'Outside quotes print values with |json.'],
    ['{{ a?.b }}', 'write a.b and not a?.b'],
    ['{{ a && b }}', 'Write "and".'],
    ['{{ a || b }}', 'write "or"'],
    ['{{ !a }}', 'Write "not"'],
    ['{% if a = b %}{% endif %}', 'Compare with "=="'],
    ['{% set a = 1e3 %}', 'without an exponent'],
    ['{{ max(...a) }}', 'Pass the list itself'],
    ['{{ max(1, 2,) }}', 'Leave out a comma'],
    ['{{ "a" . "b" }}', 'Join texts with ~'],
    ['{% if a %}{% else if b %}{% endif %}', 'Write {% elseif … %}.'],
    ['{% apply upper %}{% endapply %}', '{% set x %}'],
    ['{{ a|shuffle }}', 'always render the same body'],
    ['{{ a|format_date(pattern="d") }}', 'For a pattern use date("d.m.Y H:i").'],
    ['{% macro m(a) %}{% endmacro %}{{ _self.m(a=1) }}', 'given by their place'],
    ['{{ a|trim("x", character_mask="y") }}', 'given this argument twice'],
    ['{{ a|trim(side="left", side="right") }}', 'given this argument twice'],
  ])('%s', (source, advice) => {
    expect(firstFault(source)).toMatchObject({ message: expect.stringContaining(advice) });
  });

  it('answers all faults of a template at once', () => {
    const compiled = compileTemplate('{{ a|uper }}{{ b|lowr }}{{ rnage(1) }}', {
      format: 'json-text',
    });
    expect(compiled.ok ? [] : compiled.faults.map((fault) => fault.column)).toEqual([6, 18, 28]);
  });
});

it('takes named arguments in both of Twig’s spellings', () => {
  const source = '"{{ 1234.5|number_format(1, decimalPoint=",", thousand_sep=".") }}"';
  expect(render(source)).toBe('1.234,5');
});

it('serves limits that are given', () => {
  expect(compileTemplate('{{ a }}', { format: 'json-text', limits: { source: 3 } })).toMatchObject({
    ok: false,
  });
});
