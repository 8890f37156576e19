import { compileTemplate } from './index.js';
import { attempt, type Data, evaluate, firstFault, render } from './rendering.fixture.js';

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

describe('a name that a prototype has', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__class__'];

  it.each(names)('%s is a variable like any other, and null when it is not set', (name) => {
    const sources = [
      `{{ ${name}|json }}`,
      `{{ (${name} is defined ? 1 : null)|json }}`,
      `{% if false %}{% set ${name} = 1 %}{% endif %}{{ ${name}|json }}`,
      `{% for ${name} in [] %}{% endfor %}{{ ${name}|json }}`,
      `{% with {${name}: 1} %}{% endwith %}{{ ${name}|json }}`,
      `{% macro m(${name}) %}{% endmacro %}{{ ${name}|json }}`,
      `{{ {}.${name}|json }}`,
      `{{ [{}]|column('${name}')|first|json }}`,
      `{{ ({a: 1}|merge({b: 2})).${name}|json }}`,
      `{{ ([1]|map(x => x.${name}))[0]|json }}`,
    ];
    expect(sources.map((source) => render(source))).toEqual(sources.map(() => null));
  });

  it.each(names)('%s holds what is written to it', (name) => {
    const sources = [
      `{% set ${name} = 1 %}{{ ${name} }}`,
      `{% for ${name} in [1] %}{{ ${name} }}{% endfor %}`,
      `{% for ${name}, v in [1] %}{{ ${name} + v }}{% endfor %}`,
      `{% with {${name}: 1} %}{{ ${name} }}{% endwith %}`,
      `{% set ${name} %}1{% endset %}{{ ${name} }}`,
      `{% macro m(${name}) %}{{ ${name} }}{% endmacro %}{{ _self.m(1) }}`,
      `{{ [1]|map(${name} => ${name})|first }}`,
      `{{ {${name}: 1}.${name} }}`,
      `{{ {('${name}'): 1}['${name}'] }}`,
      `{{ [{${name}: 1}]|column('${name}')|first }}`,
      `{{ ({}|merge({${name}: 1})).${name} }}`,
    ];
    expect(sources.map((source) => render(source))).toEqual(sources.map(() => 1));
    expect('1' in {}).toBe(false);
  });

  it.each(names)('%s is no filter, function, test, tag, macro or argument', (name) => {
    const faults = [
      `{{ 1|${name} }}`,
      `{{ ${name}() }}`,
      `{{ 1 is ${name} }}`,
      `{% ${name} %}`,
      `{{ _self.${name}() }}`,
      `{{ 'a'|trim(${name}='b') }}`,
      `{{ range(1, 2, ${name}=1) }}`,
      `{{ [1]|map(${name}) }}`,
    ].map((source) => firstFault(source)?.code);
    expect(faults).toEqual([
      'unknown_filter',
      'unknown_function',
      'unknown_test',
      'forbidden_tag',
      'unknown_macro',
      'unknown_argument',
      'unknown_argument',
      'missing_argument',
    ]);
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
    ['{{ _self|json }}', 'forbidden_variable'],
    ['{{ _self.x }}', 'unknown_macro'],
    ['{{ [1]|map(_ => _self)|json }}', 'forbidden_variable'],
    ['{{ _context.data }}', 'forbidden_variable'],
    ["{{ attribute(_context, 'data') }}", 'forbidden_variable'],
    ['{{ _context is defined }}', 'syntax_error'],
    ['{{ _charset }}', 'forbidden_variable'],
    ['{% macro m(x = _context) %}{% endmacro %}', 'syntax_error'],
    ["{{ 1 is same as(constant('x')) }}", 'unknown_function'],
    ["{{ enum('x') }}", 'unknown_function'],
    ['{{ parent() }}', 'syntax_error'],
    ["{{ 'x'|data_uri }}", 'unknown_filter'],
    ["{{ 'x'|invoke }}", 'unknown_filter'],
    ['{{ data["a"]() }}', 'syntax_error'],
    ['{{ (x => x)(1) }}', 'syntax_error'],
    ['{% set f = x => x %}', 'syntax_error'],
    ['{{ {f: x => x} }}', 'syntax_error'],
    ['{{ [x => x] }}', 'syntax_error'],
    ['{{ 9'.concat('9'.repeat(400), ' }}'), 'syntax_error'],
    ["{% cache 'x' %}{% endcache %}", 'forbidden_tag'],
    ['{% guard function x %}{% endguard %}', 'forbidden_tag'],
    ["{% types {x: 'y'} %}", 'forbidden_tag'],
    ["{% form_theme x 'y' %}", 'forbidden_tag'],
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
    expect(firstFault(source, { data: nested })).toMatchObject({ code });
  });
});

it('keeps nothing of a template that could not be parsed', () => {
  compileTemplate('{% macro leak() %}x{% endmacro %}{{ 1 + }}', { format: 'json-text' });
  expect(firstFault('{{ _self.leak() }}')).toMatchObject({ code: 'unknown_macro' });
});
