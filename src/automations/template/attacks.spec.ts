import { compileTemplate, renderTemplate, toTemplateContext } from './index.js';
import { attempt, type Data, evaluate, faultOf, render } from './rendering.fixture.js';

const nested = { a: 1 };

/** Every way to ask for a member of something. */
const spellings = (owner: string, name: string): string[] => [
  `(${owner}).${name}`,
  `(${owner})['${name}']`,
  `(${owner})['${name.slice(0, 3)}' ~ '${name.slice(3)}']`,
  `attribute(${owner}, '${name}')`,
  `[${owner}]|column('${name}')|first`,
  `(${owner})|map(v => v.${name})|first`,
];

// A list of lists that are all the same one: 28 of them look like 2^28 elements.
const shared = (name: string): string =>
  `{% set ${name} = [1] %}{% for i in 1..28 %}{% set ${name} = [${name}, ${name}] %}{% endfor %}`;

describe('nothing but data can be reached', () => {
  const names = [
    'constructor',
    '__proto__',
    'prototype',
    'toString',
    '__defineGetter__',
    'items',
    'fields',
    'size',
  ];
  const owners = [
    'data',
    'data.list',
    'data.text',
    'data.number',
    '"x"',
    '[]',
    '{}',
    '(data|json)',
    'loop',
    'data|keys',
  ];

  it.each(owners)('%s has no inherited or internal member', (owner) => {
    const data = { data: { list: [1], text: 't', number: 1 } };
    const reached = names
      .flatMap((name) => spellings(owner, name))
      .filter(
        (expression) => evaluate(expression, data) !== null && evaluate(expression, data) !== '',
      );
    expect(reached).toEqual([]);
  });

  it('reads such names when they are own fields of the data, and pollutes nothing', () => {
    const data: Data = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": "own"}');
    const source =
      '{% set o = {"__proto__": {"polluted": 2}}|merge({constructor: 1}) %}[{{ o|json }},{{ d.constructor|json }},{{ d|json }}]';
    const body = attempt(source, { d: data });
    expect(body).toEqual({
      ok: true,
      body: '[{"__proto__":{"polluted":2},"constructor":1},"own",{"__proto__":{"polluted":1},"constructor":"own"}]',
    });
    expect('polluted' in {}).toBe(false);
  });
});

describe('refused when it is saved', () => {
  it.each([
    [
      "{% set F = constant('constructor', constant('constructor', [])) %}{{ {'return process.version': 'x'}|map(F)|first }}",
      'unknown_function',
    ],
    ["{{ include('x') }}", 'unknown_function'],
    ["{{ source('x') }}", 'unknown_function'],
    ["{{ template_from_string('{{ 1 }}') }}", 'unknown_function'],
    ['{{ dump() }}', 'unknown_function'],
    ['{{ random() }}', 'unknown_function'],
    ["{{ block('x') }}", 'forbidden_function'],
    ['{{ "x"|raw }}', 'unknown_filter'],
    ['{{ "x"|convert_encoding("a", "b") }}', 'unknown_filter'],
    ['{{ 1 is constant("x") }}', 'unknown_test'],
    ['{{ "aaaa" matches "/^(a+)+$/" }}', 'forbidden_operator'],
    ['{{ data.delete("x") }}', 'forbidden_function'],
    ['{{ data.a() }}', 'forbidden_function'],
    ['{{ attribute(data, "a", ["x"]) }}', 'forbidden_function'],
    ['{{ _context|json }}', 'forbidden_variable'],
    ['{{ _self }}', 'forbidden_variable'],
    ['{{ _self.constructor() }}', 'unknown_macro'],
    ['{{ _self.toString() }}', 'unknown_macro'],
    ["{{ _self['x'] }}", 'forbidden_variable'],
    ["{{ attribute(_self, 'ast') }}", 'forbidden_variable'],
    ['{% set f = null ?? x => x %}1', 'forbidden_operator'],
    ['{{ [1]|map(data) }}', 'missing_argument'],
    ['{{ [1]|map("system") }}', 'missing_argument'],
    ['{{ [1]|filter(data) }}', 'missing_argument'],
    ['{{ [1]|sort("strcmp") }}', 'missing_argument'],
    ['{{ [1]|reduce("max") }}', 'missing_argument'],
    ['{{ [1]|map }}', 'missing_argument'],
    ['{{ [1] has some data }}', 'missing_argument'],
    ['{{ [1]|join(x => x) }}', 'forbidden_operator'],
    ['{% do 1 %}', 'forbidden_tag'],
    ["{% include 'x' %}", 'forbidden_tag'],
    ["{% extends 'x' %}", 'forbidden_tag'],
    ["{% embed 'x' %}{% endembed %}", 'forbidden_tag'],
    ["{% import 'x' as y %}", 'forbidden_tag'],
    ["{% from 'x' import y %}", 'forbidden_tag'],
    ["{% use 'x' %}", 'forbidden_tag'],
    ['{% block x %}{% endblock %}', 'forbidden_tag'],
    ['{% apply upper %}{% endapply %}', 'forbidden_tag'],
    ['{% autoescape false %}{% endautoescape %}', 'forbidden_tag'],
    ['{% sandbox %}{% endsandbox %}', 'forbidden_tag'],
    ['{% flush %}', 'forbidden_tag'],
    ["{% deprecated 'x' %}", 'forbidden_tag'],
    ['{% line 5 %}', 'forbidden_tag'],
    ['{% constructor %}', 'forbidden_tag'],
  ])('%s', (source, code) => {
    expect(faultOf(source, { data: nested })).toMatchObject({ code });
  });
});

describe('bombs end in time', () => {
  const doubling = shared('a') + shared('b');
  it.each([
    ['long loop', '{% for i in 1..10000000 %}x{% endfor %}'],
    ['range function', '{{ range(0, 10000000)|length }}'],
    ['huge range', '{{ (0..100000000)|length }}'],
    ['tiny step', '{{ range(0, 1, 0.0000001)|length }}'],
    ['nested loops', '{% for i in 1..1000 %}{% for j in 1..1000 %}{% endfor %}{% endfor %}'],
    ['list doubling', '{% set a = [1] %}{% for i in 1..24 %}{% set a = a|merge(a) %}{% endfor %}'],
    ['text doubling', '{% set a = "x" %}{% for i in 1..40 %}{% set a = a ~ a %}{% endfor %}'],
    [
      'capture doubling',
      '{% set a = "x" %}{% for i in 1..40 %}{% set a %}{{ a }}{{ a }}{% endset %}{% endfor %}',
    ],
    ['deep ==', `${doubling}{{ a == b }}`],
    ['deep in', `${doubling}{{ a in [b] }}`],
    ['deep same as', `${doubling}{{ a is same as(b) }}`],
    ['deep json', `${doubling}{{ a|json }}`],
    ['deep print', `${doubling}"{{ a }}"`],
    ['deep join', `${doubling}"{{ a|join }}"`],
    ['format width', '"{{ "%1000000000d"|format(1) }}"'],
    [
      'format zeros',
      '{% set z = "0"|split("")|join %}{% for i in 1..16 %}{% set z = z ~ z %}{% endfor %}{% for i in 1..100 %}{{ ("%" ~ z)|format(1) }}{% endfor %}',
    ],
    ['batch', '{{ [1]|batch(100000000, "x")|json }}'],
    ['number_format', '{{ 1|number_format(1000000) }}'],
    [
      'replace',
      '{% set a = "a"|split("") %}{% set s = "aaaaaaaaaaaaaaaa" %}{% for i in 1..13 %}{% set s = s ~ s %}{% endfor %}{{ s|replace({a: s}) }}',
    ],
    [
      'striptags',
      '{% set s = "<<<<<<<<<<<<<<<<" %}{% for i in 1..13 %}{% set s = s ~ s %}{% endfor %}{% for i in 1..1000 %}{{ s|striptags|length }}{% endfor %}',
    ],
    [
      'long search',
      '{% set s = "aaaaaaaaaaaaaaaa" %}{% for i in 1..12 %}{% set s = s ~ s %}{% endfor %}{{ ("b" ~ s) in s ~ s }}',
    ],
    [
      'long split',
      '{% set s = "aaaaaaaaaaaaaaaa" %}{% for i in 1..12 %}{% set s = s ~ s %}{% endfor %}{{ (s ~ s)|split("b" ~ s)|length }}',
    ],
    [
      'long replace',
      '{% set s = "aaaaaaaaaaaaaaaa" %}{% for i in 1..12 %}{% set s = s ~ s %}{% endfor %}{{ (s ~ s)|replace({(s ~ "b"): "c"}) }}',
    ],
    ['many zones', '{% for a in 1..3000 %}{{ 0|date("c", "Europe/Berlin") }}{% endfor %}'],
    [
      'repeated length',
      '{% set s = "aaaaaaaaaaaaaaaa" %}{% for i in 1..13 %}{% set s = s ~ s %}{% endfor %}{% for i in 1..5000 %}{{ s|length }}{% endfor %}',
    ],
    [
      'kept copies',
      '{% set s = "aaaaaaaaaaaaaaaa" %}{% for i in 1..13 %}{% set s = s ~ s %}{% endfor %}{{ (1..5000)|map(v => (s ~ v)|upper)|length }}',
    ],
    ['recursion', '{% macro m() %}{{ _self.m() }}{% endmacro %}{{ _self.m() }}'],
    [
      'branching recursion',
      '{% macro m() %}{{ _self.m() }}{{ _self.m() }}{% endmacro %}{{ _self.m() }}',
    ],
    [
      'deep nesting',
      '{% set a = [] %}{% for i in 1..20000 %}{% set a = [a] %}{% endfor %}{{ a|json }}',
    ],
    [
      'sort',
      '{% set r = 1..4000 %}{{ r|sort((a, b) => (b <=> a) + (r|length) * 0)|json }}{{ r|sort|sort|sort|sort|json }}',
    ],
    [
      'output',
      '{% for i in 1..4000 %}{% for j in 1..10 %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}{% endfor %}',
    ],
  ])('%s', (_name, source) => {
    const started = performance.now();
    expect(faultOf(source)).toMatchObject({ code: 'template_limit' });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it.each([
    ['power', '{{ 10 ** 1000 }}'],
    ['division', '{{ 1 / 0 }}'],
    ['modulo', '{{ 1 % 0 }}'],
  ])('%s has a finite result or none', (_name, source) => {
    expect(faultOf(source)).toMatchObject({ code: 'template_error' });
  });

  it.each([
    ['source', 'x'.repeat(33 * 1024)],
    ['parentheses', `{{ ${'('.repeat(3000)}1${')'.repeat(3000)} }}`],
    ['lists', `{{ ${'['.repeat(3000)}${']'.repeat(3000)} }}`],
    ['tags', `${'{% if a %}'.repeat(1000)}${'{% endif %}'.repeat(1000)}`],
    ['prints', '{{a}}'.repeat(5000)],
    ['concatenation', `{{ a${'~a'.repeat(3000)} }}`],
    ['blanks', `x${' '.repeat(30_000)}x{{- a }}`],
  ])('too much %s is refused quickly', (_name, source) => {
    const started = performance.now();
    expect(compileTemplate(source)).toMatchObject({
      ok: false,
      faults: [{ code: 'template_too_large' }],
    });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('compiles nested `default` and `??` in linear time', () => {
    const fallback = 'a|default('.repeat(60) + '1' + ')'.repeat(60);
    const coalesce = '('.repeat(60) + 'a' + ' ?? 1)'.repeat(60);
    expect(render(`[{{ ${fallback} }}, {{ ${coalesce} }}]`)).toEqual([1, 1]);
  });

  it('reports a long unknown name without searching for its like', () => {
    const fault = faultOf(`{{ a|${'b'.repeat(20_000)} }}`);
    expect(JSON.stringify(fault).length).toBeLessThan(300);
  });
});

it('never quotes a value of the event', () => {
  const data = { secret: 'hunter2', list: ['hunter2'] };
  const sources = [
    '{{ secret }}',
    '{"a": "{{ secret }}" {{ secret }}}',
    '{{ secret + 1 }}',
    '{{ secret|date }}',
    '{{ 1|date("c", secret) }}',
    '{{ list < 1 }}',
    '{{ secret|round }}',
    '{{ 1|round(0, secret) }}',
    '{{ [1]|batch(secret) }}',
    '{{ secret|merge(list) }}',
    '{{ now|date_modify(secret) }}',
    '{% with secret %}{% endwith %}',
  ];
  const faults = sources.map((source) => faultOf(source, { ...data, now: '2026-01-01' }));
  expect(faults.every(Boolean)).toBe(true);
  expect(JSON.stringify(faults)).not.toContain('hunter2');
});

it('keeps nothing of a template that could not be parsed', () => {
  compileTemplate('{% macro leak() %}x{% endmacro %}{{ 1 + }}');
  expect(faultOf('{{ _self.leak() }}')).toMatchObject({ code: 'unknown_macro' });
});

it('charges comparisons of large objects by what they look at, not by what they could', () => {
  const fields = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]));
  const context = toTemplateContext({ data: { big: fields, same: { ...fields } } });
  for (const comparison of [
    '0 in data.big',
    'data.big == data.same',
    'data.big is same as(data.same)',
  ]) {
    const source = `{% for i in 1..2000 %}{{ (${comparison})|json }}{% endfor %}`;
    const compiled = compileTemplate(source);
    if (!compiled.ok) throw new Error(compiled.faults[0]?.message);
    const begun = performance.now();
    renderTemplate(compiled.template, context);
    expect(performance.now() - begun).toBeLessThan(1000);
  }
});
