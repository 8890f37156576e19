import { compileTemplate } from '../index.js';
import { type Data, firstFault, ifThen, renderAs } from '../rendering.fixture.js';

const tree = (document: unknown, data: Data = {}): unknown => {
  const body = renderAs('json-tree', JSON.stringify(document), data);
  return body.startsWith('fault') ? body : JSON.parse(body);
};

const fault = (document: unknown, data: Data = {}) =>
  firstFault(typeof document === 'string' ? document : JSON.stringify(document), data, 'json-tree');

describe('a text', () => {
  const data = { n: 1, on: true, list: [1, { a: null }], none: null };

  it.each([
    ['{{ n }}', 1],
    ['{{- on -}}', true],
    ['{{ list }}', [1, { a: null }]],
    ['{{ none }}', null],
    ['{{ missing.field }}', null],
    ['{# why #}{{ n }}', 1],
    [' {{ n }}', ' 1'],
    ['{{ n }}{{ n }}', '11'],
    ['{% if on %}yes{% endif %}', 'yes'],
    ['{{ list|json }}', '[1,{"a":null}]'],
    ['{% macro m(v) %}<{{ v }}>{% endmacro %}{{ _self.m(n) }}', '<1>'],
    ['{% verbatim %}{{ n }}{% endverbatim %}', '{{ n }}'],
    ['plain', 'plain'],
  ])('%j is %j', (text, value) => {
    expect(tree({ a: text }, data)).toEqual({ a: value });
  });

  it('keeps its variables to itself', () => {
    expect(tree(['{% set n = 2 %}{{ n }}', '{{ n }}'], data)).toEqual(['2', 1]);
  });
});

describe('$if', () => {
  it.each([
    [true, { a: 'yes', b: ['yes', 'end'] }],
    [false, { a: 'no', b: ['no', 'end'] }],
  ])('chooses when it is %j', (on, expected) => {
    const choice = ifThen('on', 'yes', 'no');
    expect(tree({ a: choice, b: [choice, 'end'] }, { on })).toEqual(expected);
  });

  it('without else leaves the field or the item out', () => {
    const choice = ifThen('missing', 1);
    expect(tree({ a: choice, b: [choice], c: { d: choice } })).toEqual({ b: [], c: {} });
    expect(tree(choice)).toBeNull();
  });

  it('evaluates the chosen part only', () => {
    expect(tree(ifThen('false', "{{ 'x' + 1 }}", 2))).toBe(2);
  });

  it('in a list gives what its part gives', () => {
    const list = [ifThen('true', { $for: 'n', in: '[1, 2]', do: '{{ n }}' }), 3];
    expect(tree(list)).toEqual([1, 2, 3]);
  });
});

describe('$for', () => {
  const members = [
    { name: 'Ada', on: true },
    { name: 'Bob', on: false },
  ];

  it('puts an item for each element into its list', () => {
    const document = [
      0,
      { $for: 'm', in: 'members', do: { i: '{{ loop.index }}', n: '{{ m.name }}' } },
      9,
    ];
    expect(tree(document, { members })).toEqual([0, { i: 1, n: 'Ada' }, { i: 2, n: 'Bob' }, 9]);
  });

  it('is a list elsewhere', () => {
    expect(tree({ a: { $for: 'm', in: 'members', do: '{{ m.name }}' } }, { members })).toEqual({
      a: ['Ada', 'Bob'],
    });
  });

  it('gives keys of objects and lists', () => {
    const loop = { $for: 'k, v', in: 'o', do: '{{ k }}={{ v }}' };
    expect(tree(loop, { o: { a: 1, __proto__x: 2 } })).toEqual(['a=1', '__proto__x=2']);
    expect(tree(loop, { o: ['x'] })).toEqual(['0=x']);
  });

  it('leaves out what $if leaves out', () => {
    const document = [{ $for: 'm', in: 'members', do: ifThen('m.on', '{{ m.name }}') }];
    expect(tree(document, { members })).toEqual(['Ada']);
  });

  it('nests: flat, or as lists when the inner one stands in a list', () => {
    const inner = { $for: 'n', in: 'row', do: '{{ loop.parent.loop.index * 10 + n }}' };
    const rows = { rows: [[1, 2], [3]] };
    expect(tree({ $for: 'row', in: 'rows', do: inner }, rows)).toEqual([11, 12, 23]);
    expect(tree({ $for: 'row', in: 'rows', do: [inner] }, rows)).toEqual([[11, 12], [23]]);
  });

  it.each([null, 'text', 7, {}])('over %j gives nothing', (values) => {
    expect(tree([{ $for: 'v', in: 'values', do: 1 }], { values })).toEqual([]);
  });

  it('hides a variable of the context only inside', () => {
    expect(tree([{ $for: 'v', in: '[1]', do: '{{ v }}' }, '{{ v }}'], { v: 'out' })).toEqual([
      1,
      'out',
    ]);
  });
});

describe('$spread', () => {
  const data = { list: [1, 2], o: { b: 2, c: 3 }, none: null, empty: [] };

  it('puts the items of a list into a list', () => {
    expect(tree([0, { $spread: 'list' }, { $spread: 'none' }], data)).toEqual([0, 1, 2]);
  });

  it('puts the fields of an object into an object, and later ones win', () => {
    const document = { b: 'first', $spread: 'o', c: 'last' };
    expect(renderAs('json-tree', JSON.stringify(document), data)).toBe('{"b":2,"c":"last"}');
  });

  it.each(['none', 'missing', 'empty', '{}'])('of %s adds nothing', (nothing) => {
    expect(tree({ a: 1, x: { $spread: nothing }, y: [{ $spread: nothing }] }, data)).toEqual({
      a: 1,
      x: {},
      y: [],
    });
  });

  it.each([
    [[{ $spread: 'o' }], '$[0].$spread: "$spread" needs a list here, or null.'],
    [{ a: 1, $spread: 'list' }, '$.$spread: "$spread" needs an object here, or null.'],
    [{ a: 1, $spread: '"text"' }, '$.$spread: "$spread" needs an object here, or null.'],
  ])('%j does not fit', (document, message) => {
    expect(fault(document, data)).toMatchObject({ code: 'template_error', message });
  });
});

describe('names of fields', () => {
  it('may be Twig; of two with the same name the later one counts', () => {
    expect(tree({ 'k{{ n }}': 'a', k1: 'b', "{{ '$if' }}": 'c' }, { n: 1 })).toEqual({
      k1: 'b',
      $if: 'c',
    });
  });

  it('may be names of objects, and pollute nothing', () => {
    const source =
      '{"__proto__": {"polluted": "{{ 1 }}"}, "constructor": {"prototype": 1}, "a": {"__proto__": 2}}';
    const body = renderAs('json-tree', source);
    expect(body).toBe(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":1},"a":{"__proto__":2}}',
    );
    expect('polluted' in {}).toBe(false);
  });

  it('may begin with a dollar', () => {
    expect(tree({ $schema: 'x', $set: { a: '{{ 1 }}' } })).toEqual({
      $schema: 'x',
      $set: { a: 1 },
    });
  });
});

describe('what is wrong is told with its path and its place', () => {
  it.each([
    ['{"a": [1,\n  {"b": "x{{ n|uper }}"}]}', 'unknown_filter', '$.a[1].b: ', '2:16'],
    ['{"a b": "\\u00e9\\n\\n{{ n|uper }}"}', 'unknown_filter', '$["a b"]: ', '1:25'],
    ['{"a": {"{{ n|uper }}": 1}}', 'unknown_filter', '$.a["{{ n|uper }}"]: ', '1:14'],
    ['{"$if": "n ==", "then": 1}', 'syntax_error', '$.$if: ', '1:14'],
    ['[{"$for": "v", "in": "n|uper", "do": 1}]', 'unknown_filter', '$[0].in: ', '1:25'],
    ['{"$for": "a b", "in": "n", "do": 1}', 'syntax_error', '$.$for: ', '1:10'],
    ['{"$for": "loop", "in": "n", "do": 1}', 'syntax_error', '$.$for: ', '1:10'],
    ['{"$if": true, "then": 1}', 'syntax_error', '$.$if: ', '1:9'],
    ['{"$if": "{{ n }}", "then": 1}', 'syntax_error', '$.$if: ', '1:9'],
    ['{"$if": "n %}{% if x", "then": 1}', 'syntax_error', '$.$if: ', '1:13'],
    ['{"$if": "n }} x", "then": 1}', 'syntax_error', '$.$if: ', '1:9'],
    ['{"$if": "n", "thn": 1}', 'missing_argument', '$: "$if" needs a field "then"', '1:1'],
    ['{"$if": "n", "then": 1, "els": 1}', 'unknown_argument', '$.els: ', '1:25'],
    ['{"$for": "v", "in": "n", "do": 1, "$if": "n"}', 'unknown_argument', '$.$if: ', '1:35'],
    ['{"a": 1,\n "a": 2}', 'duplicate_field', '$.a: ', '2:2'],
    ['{"$if": "n", "$if": "n", "then": 1}', 'duplicate_field', '$.$if: ', '1:14'],
    ['{"id": [123456789012345678]}', 'inexact_number', '$.id[0]: ', '1:9'],
    ['[1e999]', 'inexact_number', '$[0]: ', '1:2'],
    ['{"a": "{% include \'x\' %}"}', 'forbidden_tag', '$.a: ', '1:11'],
    ['{"a": "{% if n %}"}', 'syntax_error', '$.a: ', '1:11'],
  ])('%s', (source, code, message, place) => {
    const found = fault(source);
    expect(found).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(`${found?.line}:${found?.column}`).toBe(place);
  });

  it.each([
    ['', 1, 1, 'empty'],
    ['{"a": 1,\n}', 2, 1, 'comma too many'],
    ['{"a": {{ n }}}', 1, 8, 'inside of quotes'],
    ['{"a": 1', 1, 8, 'ends too early'],
    ["{'a': 1}", 1, 2, 'not valid JSON'],
    ['[1] x', 1, 5, 'not valid JSON'],
  ])('%j is no JSON', (source, line, column, says) => {
    const message = expect.stringContaining(says);
    expect(fault(source)).toMatchObject({ code: 'syntax_error', line, column, message });
  });

  it('also when it goes wrong while it renders, and never with a value', () => {
    const source = '{"a": [\n  {"$for": "v", "in": "list", "do": {"b": "x {{ v + 1 }}"}}\n]}';
    const found = fault(source, { list: [1, 'hunter2'] });
    expect(found).toMatchObject({ code: 'template_error', line: 2 });
    expect(found?.message).toContain('$.a[0].do.b: ');
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it('all at once, within reason', () => {
    const few = compileTemplate('["{{ 1|a }}", "{{ 1|b }}"]', { format: 'json-tree' });
    expect(few).toMatchObject({ faults: [{ line: 1 }, { line: 1 }] });
    const many = JSON.stringify(Array.from({ length: 400 }, () => '{{ 1|nope }}'));
    const compiled = compileTemplate(many, { format: 'json-tree' });
    expect(compiled.ok ? 0 : compiled.faults.length).toBe(20);
  });

  it('keeps the path short', () => {
    const source = `${'{"aaaaaaaaaaaaaaaa":'.repeat(150)}"{{ 1|nope }}"${'}'.repeat(150)}`;
    expect(fault(source)?.message.length).toBeLessThan(300);
  });
});
