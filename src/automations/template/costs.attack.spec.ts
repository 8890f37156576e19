import v8 from 'node:v8';
import vm from 'node:vm';
import { processorTime } from '../../../test/support/processor-time.js';
import type { JsonValue } from '../../json.js';
import type { TemplateFormat } from '../automation.js';
import type { Field } from '../context/field.js';
import { analyseTemplate } from './analysis/analysis.js';
import { compileTemplate, renderTemplate } from './index.js';
import { contextOf } from './rendering.fixture.js';

v8.setFlagsFromString('--expose-gc');
const collectGarbage: () => void = vm.runInNewContext('gc');

const numbered = (count: number, name: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => name(index));
const parameters = (count: number): string => numbered(count, (i) => `p${i}`).join(', ');

function compiled(source: string, format: TemplateFormat) {
  const made = compileTemplate(source, { format });
  if (!made.ok) throw new Error(made.faults[0]?.message);
  return made.template;
}

function faultsOf(source: string, format: TemplateFormat = 'text') {
  const made = compileTemplate(source, { format });
  return made.ok ? [] : made.faults;
}

/** Milliseconds of the fastest of some runs: the others were disturbed. */
function fastest(run: () => void): number {
  return Math.min(...Array.from({ length: 5 }, () => processorTime(run).ms));
}

describe('the memory that a compiled template keeps', () => {
  it.each<[string, TemplateFormat, string]>([
    ['filters with defaults', 'text', '{{1|date}}'.repeat(1500)],
    ['filters with many defaults', 'text', '{{1|format_datetime}}'.repeat(1000)],
    ['default', 'text', '{{a|default}}'.repeat(1500)],
    ['slices', 'text', '{{a|slice(1)}}'.repeat(900)],
    [
      'calls of a macro',
      'text',
      `{%macro m(${parameters(30)})%}{%endmacro%}${'{{_self.m()}}'.repeat(850)}`,
    ],
    ['prints', 'text', '{{a}}'.repeat(2000)],
    ['branches', 'text', '{%if a%}{%endif%}'.repeat(1000)],
    ['objects', 'text', `{{{${numbered(400, () => 'a:1').join(',')}}}}`.repeat(4)],
    [
      'text between',
      'text',
      'Hello {{ data.user.name }}, since {{ event.occurredAt|date("d.m.Y") }}.\n'.repeat(100),
    ],
    ['constants of a document', 'json-tree', `["{{a}}",${'1,'.repeat(5000)}1]`],
    ['empty lists of a document', 'json-tree', `["{{a}}",${'[],'.repeat(5000)}1]`],
    ['texts of a document', 'json-tree', `["{{a}}"${',"{{a}} b"'.repeat(400)}]`],
  ])('is told, and not far too high: %s', (_name, format, source) => {
    const { bytes } = compiled(source, format);
    const kept: unknown[] = [];
    collectGarbage();
    const before = v8.getHeapStatistics().used_heap_size;
    for (let i = 0; i < 12; i += 1) kept.push(compiled(`${source} ${' '.repeat(i)}`, format));
    collectGarbage();
    const measured = (v8.getHeapStatistics().used_heap_size - before) / kept.length;
    expect(measured / bytes).toBeLessThan(1.5);
    expect(measured / bytes).toBeGreaterThan(0.2);
  });
});

describe('what is told of a template that is wrong all over', () => {
  it.each<[string, TemplateFormat, string]>([
    ['fields written twice', 'json-tree', `{${'"a":1,\n'.repeat(4400)}"a":1}`],
    ['numbers', 'json-tree', `[${'1e999,\n'.repeat(4000)}1]`],
    ['loops', 'json-tree', `[${'{"$for":""},'.repeat(2600)}1]`],
    ['choices', 'json-tree', `[${'{"$if":1},'.repeat(2900)}1]`],
    ['texts', 'json-tree', JSON.stringify(numbered(400, () => '{{ 1|nope|nope }}'))],
    ['filters', 'json-text', `{{1|${'a'.repeat(40)}}}`.repeat(712)],
    ['macros', 'json-text', '{{_self.m()}}'.repeat(1000)],
    ['tags', 'json-text', '{%foo%}'.repeat(2600)],
  ])('is at most 20 faults: %s', (_name, format, source) => {
    expect(faultsOf(source, format)).toHaveLength(20);
  });

  it('has the right places', () => {
    const faults = faultsOf('{"a":1,\n"a":1,\r\n "a":1,\n\n"a":1}', 'json-tree');
    const places = faults.map(({ line, column }) => [line, column]);
    expect(places).toEqual([
      [2, 1],
      [3, 2],
      [5, 1],
    ]);
  });
});

const macro = (count: number): string => `{% macro m(${parameters(count)}) %}{% endmacro %}`;

describe('the time that compiling takes', () => {
  it('does not grow with the loops around a part', () => {
    const inside = '{{a.b}}'.repeat(1400);
    const nested = '{%for a in b%}'.repeat(93) + inside + '{%endfor%}'.repeat(93);
    const flat = fastest(() => compiled(inside, 'text'));
    expect(fastest(() => compiled(nested, 'text'))).toBeLessThan(4 * flat);
  });

  it('is bounded for macros: they have 30 arguments at most', () => {
    expect(faultsOf(macro(30))).toEqual([]);
    expect(faultsOf(macro(31))).toMatchObject([
      { code: 'template_too_large', message: expect.stringContaining('30'), line: 1 },
    ]);
  });

  it('is bounded for blanks: there are 100 in a row at most', () => {
    expect(faultsOf(`${' '.repeat(100)}x`.repeat(320))).toEqual([]);
    expect(faultsOf(`x${' '.repeat(101)}x`)).toMatchObject([{ code: 'template_too_large' }]);
  });
});

describe('the variable loop', () => {
  it.each([
    ['{% for a in [1] %}{{ loop.index }}{% endfor %}', '1'],
    ['{% for a in [1] %}{{ loop is defined }}{% endfor %}', 'true'],
    [
      '{% for a in [1] %}{% if true %}{{ [1]|map(v => loop.index)|first }}{% endif %}{% endfor %}',
      '1',
    ],
    [
      '{% for a in [1] %}{% for b in [1, 2] %}{{ loop.parent.loop.index }}{% endfor %}{% endfor %}',
      '11',
    ],
    ['{% for a in [] %}{% else %}{{ loop is defined }}{% endfor %}', 'false'],
  ])('is made where it is read: %s', (source, body) => {
    const rendered = renderTemplate(compiled(source, 'text'), contextOf({}));
    expect(rendered).toMatchObject({ ok: true, body });
  });
});

const forEver = (part: string): string =>
  `{% for i in 1..9999 %}{% for j in 1..9999 %}${part}{% endfor %}{% endfor %}`;
const turns = (count: number): string =>
  `[\n{% for i in 1..${count} %}{{ i|json }},{% endfor %}\n{{ nothing }}]`;

describe('the time that a render takes', () => {
  const list: JsonValue = numbered(9000, (i) => `${'1'.repeat(399)}${i % 10}`);
  const context = contextOf({ data: { list, digits: '1'.repeat(400) }, now: '2026-01-01' });

  it.each([
    ['digits in groups', '(10**308)|number_format'],
    ['long numeric texts looked for', 'data.digits in data.list'],
    ['long numeric texts sorted', 'data.list|sort'],
    ['long numeric texts compared', 'data.digits <=> data.list[0]'],
    ['the largest of long numeric texts', 'max(data.list)'],
    ['bits', "'%1$b'|format(10**308)"],
  ])('is bounded: %s', (_name, expression) => {
    const template = compiled(forEver(`{% set x = ${expression} %}`), 'text');
    const time = fastest(() => {
      expect(renderTemplate(template, context)).toMatchObject({
        ok: false,
        fault: { code: 'template_limit' },
      });
    });
    expect(time).toBeLessThan(80);
  });

  it('is not doubled by a body that is no JSON, and the place is told where it can be', () => {
    const limits = { steps: 2000 };
    const faultOf = (source: string) => {
      const made = compileTemplate(source, { format: 'json-text', limits });
      const rendered = made.ok && renderTemplate(made.template, context);
      return rendered && !rendered.ok ? rendered.fault : undefined;
    };
    expect(faultOf(turns(100))).toMatchObject({ code: 'not_json', line: 3, column: 1 });
    expect(faultOf(turns(180))).toMatchObject({ code: 'not_json', line: 2 });
  });

  it('groups digits as ever', () => {
    const numbers = [0, 1, 12, 123, 1234, -123, -1234, 1234567, 1e21, 123456.789];
    const source = numbers
      .map((number) => `{{ data.n${String(numbers.indexOf(number))}|number_format(1) }}`)
      .join(' ');
    const data = Object.fromEntries(numbers.map((number, i) => [`n${i}`, number]));
    expect(renderTemplate(compiled(source, 'text'), contextOf({ data }))).toMatchObject({
      body: '0.0 1.0 12.0 123.0 1,234.0 -123.0 -1,234.0 1,234,567.0 1,000,000,000,000,000,000,000.0 123,456.8',
    });
  });
});

describe('the time that an analysis takes', () => {
  it.each([100, 2300])('is bounded over all texts of a document, names of %i', (length) => {
    const any: Field = { type: 'any', open: true };
    const names = numbered(190, (i) => 'n'.repeat(length - 4) + String(i).padStart(4, '0'));
    const data: Field = {
      ...any,
      type: 'object',
      fields: Object.fromEntries(names.map((name) => [name, any])),
    };
    const fields: Field = { type: 'object', open: false, fields: { data } };
    const texts = numbered(250, (i) => `{{data.${'m'.repeat(96)}${String(i).padStart(4, '0')}}}`);
    const source = JSON.stringify(texts);
    expect(fastest(() => analyseTemplate(source, { format: 'json-tree' }, fields))).toBeLessThan(
      300,
    );
  });

  it.each(['2**', 'a.', 'a|upper.'])('ends where %s nests deeper than the stack', (part) => {
    const chains: Record<string, string> = {
      '2**': `{{2${'**2'.repeat(3900)}}}`,
      'a.': `{{a${'.b'.repeat(3900)}}}`,
      'a|upper.': `{{a${'|upper'.repeat(3900)}}}`,
    };
    const analysis = analyseTemplate(
      chains[part] ?? '',
      { format: 'text' },
      { type: 'any', open: true },
    );
    expect(analysis).toEqual({ variables: [], warnings: [] });
  });
});
