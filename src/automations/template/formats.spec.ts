import * as fc from 'fast-check';
import { Context } from '../context/context.js';
import type { JsonValue } from '../../json.js';
import { TEMPLATE_FORMATS, type TemplateFormat } from '../automation.js';
import { compileTemplate, renderTemplate, TemplateContext } from './index.js';
import { attempt, contextOf, firstFault, ifThen, renderAs, renderer } from './rendering.fixture.js';

const anyText = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"', '\\', '\n', '\u2028', '\ud800', '😀', '{{', '%}', '&', '=', '\u0000'),
  ),
});
const anyJson = fc
  .oneof(anyText, fc.jsonValue({ depthSize: 'medium' }))
  .map((value): JsonValue => JSON.parse(JSON.stringify(value)));

const reader = (format: TemplateFormat, source: string): ((v: JsonValue) => unknown) => {
  const render = renderer(format, source);
  return (v) => JSON.parse(render({ v }));
};

/** Inside of quotes a text is itself, but for lone surrogates; every other value is its JSON, and null is nothing. */
const asText = (value: JsonValue): string => {
  if (value === null) return '';
  return (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed();
};

const WAYS: [string, string][] = [
  ['directly', '{{ v }}'],
  ['by a macro', '{% macro m(v) %}{{ v }}{% endmacro %}{{ _self.m(v) }}'],
  ['by a capture', '{% set x %}{{ v }}{% endset %}{{ x }}'],
  ['by default', '{{ missing|default(v) }}'],
  ['by concatenation', "{{ '' ~ v ~ '' }}"],
  ['by a choice', "{{ true ? v : 'a\\'\"b' }}"],
];

describe.each(WAYS)('any JSON value printed %s', (_way, twig) => {
  it('is inside the quotes of a JSON text', () => {
    const read = reader('json-text', `["${twig}"]`);
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(read(value)).toEqual([asText(value)]);
      }),
    );
  });

  it('is in a text of a tree, next to other text', () => {
    const read = reader('json-tree', JSON.stringify({ a: `<${twig}>` }));
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(read(value)).toEqual({ a: `<${asText(value)}>` });
      }),
    );
  });

  it('is in the name of a field of a tree', () => {
    const read = reader('json-tree', JSON.stringify({ [`x${twig}`]: 1 }));
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(read(value)).toEqual({ [`x${asText(value)}`]: 1 });
      }),
    );
  });

  it('is plain in a text', () => {
    const render = renderer('text', `<${twig}>`);
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(render({ v: value })).toBe(`<${asText(value)}>`);
      }),
    );
  });

  it('is a field of a form', () => {
    const render = renderer('form', `{"a&b=": "${twig}"}`);
    fc.assert(
      fc.property(anyJson, (value) => {
        expect([...new URLSearchParams(render({ v: value }))]).toEqual([['a&b=', asText(value)]]);
      }),
    );
  });
});

describe('any JSON value keeps its type', () => {
  const tree = {
    alone: '{{ v }}',
    list: ['{{- v -}}', { $spread: '[v]' }, { $for: 'x', in: '[v]', do: '{{ x }}' }],
    chosen: ifThen('true', '{{ v }}'),
    spread: { $spread: '{v: v}' },
  };

  it('as a text of a tree that is one expression', () => {
    const read = reader('json-tree', JSON.stringify(tree));
    fc.assert(
      fc.property(anyJson, (v) => {
        expect(read(v)).toEqual({ alone: v, list: [v, v, v], chosen: v, spread: { v } });
      }),
    );
  });

  it.each(['json', 'json_encode'])('with %s', (filter) => {
    const [bare, plain] = [
      reader('json-text', `{"a": {{ v|${filter} }}}`),
      reader('text', `{{ v|${filter} }}`),
    ];
    fc.assert(
      fc.property(anyJson, (v) => {
        expect(bare(v)).toEqual({ a: v });
        expect(plain(v)).toEqual(v);
      }),
    );
  });

  it('whatever its fields are called', () => {
    const read = reader('json-tree', '{"$spread": "v"}');
    fc.assert(
      fc.property(fc.dictionary(anyText, anyJson), (record) => {
        const v = JSON.parse(JSON.stringify(record)) as JsonValue;
        expect(read(v)).toEqual(v);
      }),
    );
  });
});

it('a document without Twig is itself', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      const source = JSON.stringify(value, null, 2);
      fc.pre(!/\{[{%#]|\$(?:if|for|spread)/.test(source));
      expect(renderAs('json-tree', source)).toBe(JSON.stringify(value));
    }),
  );
});

describe('form', () => {
  it('writes texts as they are, null as nothing and all else as JSON', () => {
    const source = '{"t": "a b", "n": 1.5, "b": true, "z": null, "l": [1, "x"], "o": {"k": null}}';
    const body = renderAs('form', source);
    expect(body).toBe('t=a+b&n=1.5&b=true&z=&l=%5B1%2C%22x%22%5D&o=%7B%22k%22%3Anull%7D');
  });

  it.each([
    ['[1]', 1],
    [' \n{{ v|json }}', 2],
    ['"text"', 1],
    ['null', 1],
  ])('refuses %j, which is no object', (source, line) => {
    expect(firstFault(source, { v: [1] }, 'form')).toMatchObject({ code: 'form_not_object', line });
  });

  it('refuses what is no JSON, with its place', () => {
    expect(firstFault('{"a": {{ v }}}', { v: 'x' }, 'form')).toMatchObject({
      code: 'not_json',
      line: 1,
      column: 7,
    });
  });

  it('is bounded as it is sent', () => {
    expect(
      attempt('{"a": "{{ v }}"}', { v: 'é'.repeat(50) }, { limits: { body: 200 }, format: 'form' }),
    ).toEqual({
      ok: false,
      code: 'template_limit',
    });
  });
});

describe('text', () => {
  it('is not escaped and need not be JSON', () => {
    expect(renderAs('text', 'a "{{ v }}"\n{{ v|json }}', { v: 'x"\n' })).toBe(
      'a "x"\n"\n"x\\"\\n"',
    );
  });

  it('holds no lone surrogates', () => {
    expect(renderAs('text', '{{ v }} \udc00', { v: '\ud800' })).toBe('\ufffd \ufffd');
  });

  it('is bounded', () => {
    const source = '{% for i in 1..300 %}{{ v }}{% endfor %}';
    expect(renderAs('text', source, { v: 'x'.repeat(1000) })).toBe('fault: template_limit');
    expect(renderAs('text', '{{ v }}', { v: '\n'.repeat(200_000) })).toHaveLength(200_000);
  });
});

describe('the content type', () => {
  it.each([
    ['json-text', '1', 'application/json'],
    ['json-tree', '1', 'application/json'],
    ['text', '1', 'text/plain; charset=utf-8'],
    ['form', '{}', 'application/x-www-form-urlencoded'],
  ] as const)('of %s', (format, source, contentType) => {
    const compiled = compileTemplate(source, { format });
    if (!compiled.ok) throw new Error(compiled.faults[0]?.message);
    expect(renderTemplate(compiled.template, contextOf({}))).toMatchObject({ contentType });
    expect(TEMPLATE_FORMATS).toContain(compiled.template.format);
  });

  it.each([
    'text/csv',
    'application/vnd.x+xml; charset="utf-8"',
    'text/html;charset=UTF-8',
    'text/csv; charset="ut\\f-8"; header=present',
    'text/plain; a="; charset=utf-16"',
    null,
  ])('of a text may be %j', (contentType) => {
    expect(compileTemplate('x', { format: 'text', contentType })).toMatchObject({ ok: true });
  });

  it.each([
    'text',
    '',
    'text/plain\r\nX-Evil: 1',
    'text/plain\n',
    'text/plain; a="\u0000"',
    'text/plain; charset=latin1',
    'text/é',
    'text/html; x="; charset=utf-8"; charset=utf-7',
    'text/plain; charset=utf-8; charset=utf-16',
    'text/plain; charset=utf-8; CharSet=utf-8',
    'text/plain; charset="utf-8;foo"',
    'text/plain; charset=""',
    "text/plain; charset*=utf-8''utf-7",
    'text/plain; a="\\";charset=utf-8"; charset=utf-16',
    '*/*',
    'text/*',
    'message/http',
    'Multipart/mixed; boundary=x',
    `text/${'x'.repeat(300)}`,
  ])('of a text cannot be %j', (contentType) => {
    expect(compileTemplate('x', { format: 'text', contentType })).toEqual({
      ok: false,
      faults: [expect.objectContaining({ path: 'contentType', code: 'invalid_content_type' })],
    });
  });

  it('of any other format is fixed', () => {
    const options = { format: 'json-text', contentType: 'text/plain' } as const;
    expect(compileTemplate('1', options)).toMatchObject({
      faults: [{ path: 'contentType', code: 'invalid_content_type' }],
    });
  });

  it('is told together with the faults of the template', () => {
    const options = { format: 'text', contentType: '?' } as const;
    const codes = [{ code: 'unknown_filter' }, { code: 'invalid_content_type' }];
    expect(compileTemplate('{{ 1|nope }}', options)).toMatchObject({ faults: codes });
  });
});

describe('the context', () => {
  const event = Context.of({ data: { a: [1] }, now: '2026-01-01' });
  const shared = new TemplateContext(event);
  const ofRule = (id: string) =>
    new TemplateContext(new Context({ webhook: () => ({ id }) }, event), shared);

  it("is converted once for all rules of an event, and each rule's own besides", () => {
    const [one, two] = [ofRule('1'), ofRule('2')];
    expect(one.get('data')).toBe(two.get('data'));
    expect(one.get('webhook')).not.toBe(two.get('webhook'));
  });

  it('hides what the event has behind what the rule has', () => {
    const rule = new TemplateContext(new Context({ data: () => 'own' }, event), shared);
    expect(rule.get('data')).toBe('own');
    expect(rule.get('now')).toBe('2026-01-01');
  });

  it('makes nothing that is not read, and knows nothing else', () => {
    let made = 0;
    const lazy = new TemplateContext(new Context({ model: () => (made += 1) }));
    expect([lazy.get('constructor'), lazy.get('__proto__'), lazy.get('nope'), made]).toEqual([
      undefined,
      undefined,
      undefined,
      0,
    ]);
    expect([lazy.get('model'), lazy.get('model')]).toEqual([1, 1]);
  });
});
