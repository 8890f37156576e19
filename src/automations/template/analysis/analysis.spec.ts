import * as fc from 'fast-check';
import { Context, CONTEXT_NAMES } from '../../context/context.js';
import { contextFields, type Field } from '../../context/context-fields.js';
import { analyseTemplate } from './analysis.js';
import { compileTemplate, renderTemplate, TemplateContext } from '../index.js';

const fields: Field = contextFields([
  {
    name: 'order.paid',
    schema: {
      type: 'object',
      properties: {
        user: { type: 'object', properties: { name: {}, rank: {} } },
        members: {
          type: 'array',
          items: { type: 'object', properties: { rank: {}, name: {}, tags: { type: 'array' } } },
        },
        title: { type: 'string' },
        free: { type: 'object', additionalProperties: true },
        'odd name': { type: 'object', properties: { x: {} } },
      },
    },
    example: { data: {} },
  },
]);

const analyse = (source: string) => analyseTemplate(source, { format: 'json-text' }, fields);
const document = (source: string) => analyseTemplate(source, { format: 'json-tree' }, fields);
const messages = (source: string) => analyse(source).warnings.map(({ message }) => message);

describe('analyseTemplate', () => {
  it('reads a template that is as large as its limits allow', () => {
    const fill = 'x'.repeat(40 * 1024);
    const limits = { source: 64 * 1024 };
    const text = `{"fill": "${fill}", "name": "{{ data.user.nmae }}"}`;
    for (const format of ['json-text', 'json-tree'] as const) {
      expect(compileTemplate(text, { format, limits }).ok).toBe(true);
      expect(analyseTemplate(text, { format, limits }, fields).warnings).toHaveLength(1);
    }
  });

  it('reads a text of a document that is as large as its limits allow', () => {
    const text = JSON.stringify([`{{ data.user.nmae }}${'x'.repeat(40 * 1024)}`]);
    const limits = { source: 64 * 1024 };
    expect(analyseTemplate(text, { format: 'json-tree', limits }, fields).warnings).toHaveLength(1);
  });

  it('tells place, name and what was probably meant', () => {
    expect(analyse('line 1\n  {{ data.user.nmae }}').warnings).toEqual([
      {
        path: '',
        code: 'unknown_field',
        message: 'There is no "nmae" in data.user. Did you mean "data.user.name"?',
        line: 2,
        column: 16,
      },
    ]);
  });

  it.each([
    ['{{ dta.user }}', 'There is no variable "dta" here. Did you mean "data"?'],
    ['{{ title|upper }}', 'There is no variable "title" here. Did you mean "data.title"?'],
    ['{{ zzzzzz }}', 'There is no variable "zzzzzz" here.'],
    ['{{ data.zzzzzz }}', 'There is no "zzzzzz" in data.'],
    ["{{ data['usre'].name }}", 'There is no "usre" in data. Did you mean "data.user"?'],
    ['{{ data.title.de }}', 'There is no "de" in data.title: it is a text.'],
    [
      '{{ data.members.rank }}',
      'There is no "rank" in data.members: it is a list. Loop over its items, or take one: data.members[0].',
    ],
    ['{{ data.members[0].rnak }}', 'Did you mean "data.members[0].rank"?'],
    ['{% for m in data.members %}{{ m.rnak }}{% endfor %}', 'Did you mean "m.rank"?'],
    ['{% for k, m in data.members|default([]) %}{{ m.rnak }}{% endfor %}', '"m.rank"'],
    ['{% for m in data.members|sort((a, b) => 0) %}{{ m.rnak }}{% endfor %}', '"m.rank"'],
    ['{{ data.members|map(m => m.rnak)|join }}', '"m.rank"'],
    ['{{ data.members|filter(m => m.rnak)|length }}', '"m.rank"'],
    ['{{ data.members|sort((a, b) => a.rank <=> b.rnak)|length }}', '"b.rank"'],
    ['{{ data.members|reduce((sum, m) => sum + m.rnak, 0) }}', '"m.rank"'],
    ['{{ data.members has some m => m.rnak }}', '"m.rank"'],
    ['{{ (data.members|first).rnak }}', 'There is no "rnak" in this value. Did you mean "rank"?'],
    ['{% set u = data.user %}{{ u.nmae }}', 'Did you mean "u.name"?'],
    ['{% set a, u = 1, data.user %}{{ u.nmae }}', 'Did you mean "u.name"?'],
    ['{% with {u: data.user} %}{{ u.nmae }}{% endwith %}', 'Did you mean "u.name"?'],
    ['{% with data.user %}{{ nmae }}{% endwith %}', 'Did you mean "name"?'],
    ['{% with {a: 1} only %}{{ data.user }}{% endwith %}', '"data" cannot be seen here'],
    ['{% macro m(a) %}{{ data.title }}{% endmacro %}', '"data" cannot be seen here'],
    ['{% for m in data.members %}{{ loop.indx }}{% endfor %}', 'Did you mean "loop.index"?'],
    ['{{ loop.index }}', 'There is no variable "loop" here.'],
    ['{% for m in data.members %}{% set x = 1 %}{% endfor %}{{ x }}', 'no variable "x"'],
    ['{{ previous.usr.name }}', 'Did you mean "previous.user"?'],
    ['{{ changes.title.odl }}', 'Did you mean "changes.title.old"?'],
    ['{{ event.typ }}', 'Did you mean "event.type"?'],
    ["{{ data['odd name'].y }}", 'There is no "y" in data["odd name"].'],
    ['{{ data.user["constructor"] }}', 'There is no "constructor" in data.user.'],
    ['{{ data.user.__proto__ }}', 'There is no "__proto__" in data.user.'],
    ['{{ data.title|default(data.usr) }}', 'Did you mean "data.user"?'],
  ])('warns in %s', (source, message) => {
    expect(messages(source)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    "{{ opt.x|default('d') }}",
    "{{ data.nmae|default('d') }}",
    '{{ (data.nmae ~ data.more)|default(1) }}',
    "{{ data.nmae ?? opt ?? 'd' }}",
    '{% if data.nmae is defined %}{{ data.nmae.first }}{% endif %}{{ data.nmae }}',
    '{% if data.nmae is not defined %}x{% endif %}',
    '{{ data.free.anything.at.all }}{{ data.user.name.whatever }}',
    "{{ data['user'] }}{{ data[data.title] }}{{ data.user[data.title].x }}",
    '{% for key, value in data.user %}{{ key }}{{ value.x }}{% endfor %}',
    '{% for m in data.members %}{{ loop.index }}{{ loop.parent.loop.index }}{% else %}-{% endfor %}',
    '{% for t in data.members[0].tags %}{{ t.label }}{% endfor %}',
    '{% for i in 1..3 %}{{ i.x }}{% endfor %}',
    '{% macro m(a, b = 1) %}{{ a.b.c }}{{ b.x }}{{ _self.m(a) }}{% endmacro %}{{ _self.m(data) }}',
    "{{ data.members|map((m, key) => m.rank ~ key)|join(', ') }}",
    '{{ data.members|column("anything")|join }}{{ (data.members|batch(2)).x }}',
    '{% set x %}text{% endset %}{{ x }}{{ x.anything }}',
    '{% set u = data.user %}{% set u = data.members %}{{ u.name }}',
    '{% set u = data.user %}{% for m in data.members %}{{ u.rnak }}{% set u = m %}{% endfor %}',
    '{% set u = data.user %}{% for m in data.members %}{% set u = m %}{% endfor %}{{ u.tags }}',
    '{% for m in data.members %}{% if p == m.rank %}x{% endif %}{% set p = m.rank %}{% endfor %}',
    '{% if data.title %}{% set y = 1 %}{% endif %}{{ y }}',
    '{% if data.title %}{% set data = data.user %}{% endif %}{{ data.whatever }}',
    '{% with data.free %}{{ anything }}{% endwith %}',
    '{% with {(data.title): 1} %}{{ anything }}{% endwith %}',
    '{% with {...data.free} %}{{ anything }}{% endwith %}',
    '{{ {a: data.user}.a.nmae }}{{ [data.user].0.nmae }}',
    '{{ (data.title ? data.user : data.members[0]).nmae }}',
    '{{ now }}{{ envelope.data.user.name }}{{ model.title }}{{ causer.anything }}{{ causer_id }}',
    '{{ changes["user.name"].old }}{{ changes|keys|join }}',
    '{% verbatim %}{{ data.nmae }}{% endverbatim %}{# {{ data.nmae }} #}',
  ])('has nothing to say about %s', (source) => {
    expect(messages(source)).toEqual([]);
  });

  it.each([
    ['{{ data.user.name }}', ['data.user.name']],
    ['{{ data }}', ['data']],
    [
      "{{ data['user']['name'] }}{{ data['odd name'].x }}",
      ['data.user.name', 'data["odd name"].x'],
    ],
    [
      '{% for m in data.members %}{{ m.rank }}{% for t in m.tags %}{{ t }}{% endfor %}{% endfor %}',
      ['data.members', 'data.members[].rank', 'data.members[].tags', 'data.members[].tags[]'],
    ],
    ['{{ data.members[3].rank }}', ['data.members[].rank']],
    ['{{ data.members[data.title].rank }}', ['data.members', 'data.members[].rank', 'data.title']],
    ['{{ data.members|map(m => m.name)|join }}', ['data.members', 'data.members[].name']],
    ['{% set u = data.user %}{{ u.name }}', ['data.user', 'data.user.name']],
    ['{{ data.nmae|default(data.title) }}', ['data.nmae', 'data.title']],
    ['{% if actor is defined and now %}{% endif %}', ['actor', 'now']],
    ['{% macro m(a) %}{{ a.x }}{% endmacro %}{{ _self.m(data.user) }}', ['data.user']],
    ['{{ own|default(1) }}{{ loop|default(1) }}', []],
    ['{% set data = 1 %}{{ data.x }}', ['data.x']],
  ])('lists what %s reads', (source, variables) => {
    expect(analyse(source).variables).toEqual(variables);
  });

  it('says nothing of a template that does not compile', () => {
    for (const source of ['{{ data.nmae', '{% include "x" %}{{ dta }}', '(('.repeat(9000), '\0']) {
      expect(analyse(source)).toEqual({ variables: [], warnings: [] });
    }
  });

  it('is bounded in what it answers and in the time it takes', () => {
    const wide = Object.fromEntries(
      Array.from({ length: 2500 }, (_, i) => [`field_number_${i}`, i]),
    );
    const known = contextFields([{ name: 'a.b', schema: null, example: { data: wide } }]);
    const sources = [
      Array.from({ length: 1300 }, (_, i) => `{{data.fiedl_numbr_${i}}}`).join(''),
      Array.from({ length: 1300 }, (_, i) => `{{fiedl_numbr_${i}}}`).join(''),
      '{% for a in data %}{% set x = 1 %}'.repeat(150) + '{% endfor %}'.repeat(150),
      `${'{% with data %}'.repeat(150)}${'{{ zz }}'.repeat(100)}${'{% endwith %}'.repeat(150)}`,
    ];
    for (const source of sources) {
      analyseTemplate('warm', { format: 'json-text' }, known);
      const begin = process.cpuUsage();
      const { variables, warnings } = analyseTemplate(source, { format: 'json-text' }, known);
      expect(process.cpuUsage(begin).user / 1000).toBeLessThan(400);
      expect(variables.length).toBeLessThanOrEqual(200);
      expect(warnings.length).toBeLessThanOrEqual(50);
    }
  });
});

describe('analyseTemplate of a document', () => {
  it('tells the place in the document, and the path of the text', () => {
    const source = '{\n  "text": "\\u00e9 {{ data.user.nmae }}"\n}';
    expect(document(source).warnings).toEqual([
      {
        path: '',
        code: 'unknown_field',
        message: '$.text: There is no "nmae" in data.user. Did you mean "data.user.name"?',
        line: 2,
        column: 32,
      },
    ]);
  });

  it.each([
    ['{"$if": "data.usr", "then": 1}', '$.$if: There is no "usr" in data.', ['data.usr']],
    ['{"a": 1, "$spread": "data.usr"}', 'Did you mean "data.user"?', ['data.usr']],
    [
      '[{"$for": "m", "in": "data.members", "do": {"x": "{{ m.rnak }}"}}]',
      '$[0].do.x: There is no "rnak" in m. Did you mean "m.rank"?',
      ['data.members', 'data.members[].rnak'],
    ],
    [
      '[{"$for": "k, m", "in": "data.members", "do": [{"$for": "t", "in": "m.tgas", "do": 1}]}]',
      'Did you mean "m.tags"?',
      ['data.members', 'data.members[].tgas'],
    ],
    ['{"{{ data.usr }}": 1}', 'Did you mean "data.user"?', ['data.usr']],
    ['["{% set x = 1 %}", "{{ x }}"]', 'There is no variable "x" here.', []],
  ])('warns in %s', (source, message, variables) => {
    const found = document(source);
    expect(found.warnings.map((warning) => warning.message)).toEqual([
      expect.stringContaining(message),
    ]);
    expect(found.variables).toEqual(variables);
  });

  it.each([
    '{"$for": "k, m", "in": "data.members", "do": "{{ loop.index }} {{ k }} {{ m.rank }}"}',
    '{"in": "dta.x", "do": "nothing", "then": "dta", "a": [1, true, null]}',
    '{"$if": "data.nmae is defined", "then": "{{ data.nmae }}", "else": "{{ data.title }}"}',
    '{"$if": "data.user"',
    '{"$if": 5, "$spread": [1], "$for": 1, "in": 2}',
  ])('has nothing to say about %s', (source) => {
    expect(document(source).warnings).toEqual([]);
  });
});

describe('analyseTemplate of anything', () => {
  const WORDS =
    '{{ }} {% %} if for in set with only endif endfor endset endwith " | ( ) [ ] . ?? => = ~ , : { } is defined default map first data actor m loop user name members 1'.split(
      ' ',
    );
  const anything = fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }).map((w) => w.join(' '));
  const PARTS = [
    '{{ data.a.b }}',
    '{{ x }}',
    '{{ actor[now] }}',
    '{{ previous|default(model)|json }}',
    '{% for m in data.list %}{{ m }}{{ causer }}{% endfor %}',
    '{% if event.type is defined or webhook %}{{ workspace.name }}{% endif %}',
    '{% if changes %}{% set actor = actor %}{% set x = model_id %}{% endif %}',
    '{% with {x: delivery} only %}{{ x.id }}{{ data }}{% endwith %}',
    '{% set data %}{{ data }}{{ now }}{% endset %}',
    '{{ data.list|map(v => v ~ model_type)|join(causer_id) }}',
    '{{ _self.m(envelope, automation) }}',
  ];
  const MACRO = '{% macro m(a, b = 1) %}{{ a.data }}{{ b }}{{ data }}{% endmacro %}';
  const template = fc
    .array(fc.constantFrom(...PARTS), { maxLength: 8 })
    .map((parts) => MACRO + parts.join(''));

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(anything, fc.string()), (source) => {
        for (const format of ['json-text', 'json-tree', 'text', 'form'] as const) {
          expect(analyseTemplate(source, { format }, fields)).toBeDefined();
          expect(analyseTemplate(JSON.stringify([source]), { format }, fields)).toBeDefined();
        }
      }),
    );
  });

  it('lists every name of the context that a render reads', () => {
    fc.assert(
      fc.property(
        template,
        fc.constantFrom(null, {}, { a: { b: 1 }, list: [1] }),
        (source, data) => {
          const read = new Set<string>();
          const noting = (name: string) => () => {
            read.add(name);
            return data;
          };
          const made = CONTEXT_NAMES.map((name) => [name, noting(name)]);
          const context = new TemplateContext(new Context(Object.fromEntries(made)));
          const compiled = compileTemplate(source, { format: 'text' });
          if (!compiled.ok) throw new Error(compiled.faults[0]?.message);
          renderTemplate(compiled.template, context);
          const { variables } = analyseTemplate(source, { format: 'text' }, fields);
          const roots = new Set(variables.map((path) => path.split(/[.[]/)[0]));
          // Every render reads them, for the date filters.
          for (const name of ['now', 'workspace']) read.delete(name);
          expect([...read].filter((name) => !roots.has(name))).toEqual([]);
        },
      ),
    );
  });
});
