import { processorTime } from '../../../test/support/processor-time.js';
import { compileTemplate, renderTemplate } from './index.js';
import { contextOf, firstFault, render } from './rendering.fixture.js';

// A list of lists that are all the same one: 28 of them look like 2^28 elements.
const shared = (name: string): string =>
  `{% set ${name} = [1] %}{% for i in 1..28 %}{% set ${name} = [${name}, ${name}] %}{% endfor %}`;

describe('bombs end in time', () => {
  const data = {
    half: '\ud800'.repeat(200_000),
    blank: ' '.repeat(200_000),
    accents: 'é à '.repeat(50_000),
    fields: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])),
  };
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
    [
      'assignments out of nested loops',
      `{% set q = 0 %}${'{% for k in [1] %}'.repeat(60)}{% for i in 1..9999 %}{% set q = 1 %}{% set q = 2 %}{% endfor %}${'{% endfor %}'.repeat(60)}`,
    ],
    [
      'names through nested scopes',
      `${'{% with {q: 1} %}'.repeat(60)}{% for i in 1..9999 %}{{ missing }}{{ missing }}{% endfor %}${'{% endwith %}'.repeat(60)}`,
    ],
    [
      'long choices',
      `{% for i in 1..9999 %}{% if [] %}${'{% elseif [] %}'.repeat(500)}{% endif %}{% endfor %}`,
    ],
    [
      'many alternatives',
      `{% for i in 1..9999 %}{% set x = ${'[] or '.repeat(90)}[] %}{% endfor %}`,
    ],
    [
      'macros of many arguments',
      `{% macro m(${Array.from({ length: 30 }, (_, i) => `a${i}`).join(', ')}) %}{% endmacro %}{% for i in 1..9999 %}{{ _self.m() }}{% endfor %}`,
    ],
    [
      'replacements made anew',
      '{% set o = {} %}{% for i in 1..99 %}{% set o = o|merge({("aaaa" ~ i): ""}) %}{% endfor %}{% for i in 1..9999 %}{% set x = "x"|replace(o) %}{% endfor %}',
    ],
    [
      'replacements of every letter',
      '{% set s = "aaaaaaaaaaaaaaaa" %}{% for i in 1..13 %}{% set s = s ~ s %}{% endfor %}{% for i in 1..99 %}{% set x = s|replace({a: "b"}) %}{% endfor %}',
    ],
    ['long date formats', `{% for i in 1..9999 %}{{ 0|date('${'c'.repeat(200)}') }}{% endfor %}`],
    ['longer date formats', `{{ 0|date('${'c'.repeat(201)}') }}`],
    [
      'formatters of many kinds',
      "{% for a in ['de', 'fr', 'es', 'it', 'pt', 'nl'] %}{% for b in ['short', 'medium', 'long', 'full'] %}{{ 0|format_datetime(b, b, locale=a) }}{% endfor %}{% endfor %}",
    ],
    ['formatted numbers', "{% for i in 1..9999 %}{{ i|format_number(2, 'de') }}{% endfor %}"],
    [
      'long patterns',
      '{% set s = "%%%%%%%%%%%%%%%%" %}{% for i in 1..13 %}{% set s = s ~ s %}{% endfor %}{{ s|format }}',
    ],
    [
      'halves of emoji',
      '{% for i in 1..999 %}{% set x = half|reverse|trim(half)|slice(-3) %}{% endfor %}',
    ],
    ['blanks', '{% for i in 1..999 %}{% set x = blank|trim %}{% endfor %}'],
    ['slugs', '{% for i in 1..999 %}{% set x = accents|slug %}{% endfor %}'],
    ['titles', '{% for i in 1..999 %}{% set x = accents|title %}{% endfor %}'],
    ['queries', '{% for i in 1..999 %}{% set x = fields|url_encode %}{% endfor %}'],
    ['reducing merges', '{{ (1..9999)|reduce((all, v) => all|merge([v]), [])|json }}'],
    ['nested maps', '{{ (1..999)|map(a => (1..999)|map(b => (1..999)|map(c => c)))|json }}'],
    ['arrow functions in sorting', '{{ (1..9999)|sort((a, b) => (1..9999)|sort|first)|json }}'],
  ])('%s', (_name, source) => {
    const { ms } = processorTime(() => {
      expect(firstFault(source, data)).toMatchObject({
        code: 'template_limit',
        line: 1,
        column: expect.any(Number),
      });
    });
    expect(ms).toBeLessThan(1000);
  });

  it.each([
    ['power', '{{ 10 ** 1000 }}'],
    ['division', '{{ 1 / 0 }}'],
    ['modulo', '{{ 1 % 0 }}'],
  ])('%s has a finite result or none', (_name, source) => {
    expect(firstFault(source)).toMatchObject({ code: 'template_error' });
  });

  it.each([
    ['source', 'x'.repeat(33 * 1024)],
    ['parentheses', `{{ ${'('.repeat(3000)}1${')'.repeat(3000)} }}`],
    ['lists', `{{ ${'['.repeat(3000)}${']'.repeat(3000)} }}`],
    ['tags', `${'{% if a %}'.repeat(1000)}${'{% endif %}'.repeat(1000)}`],
    ['prints', '{{a}}'.repeat(5000)],
    ['concatenation', `{{ a${'~a'.repeat(3000)} }}`],
    ['blanks', `x${' '.repeat(30_000)}x{{- a }}`],
    ['arguments', `{{ max(${'1,'.repeat(3900)}1) }}`],
    ['elements', `{{ [${'1,'.repeat(3900)}1] }}`],
    ['elements around texts', `{{ [${'"#{1}",'.repeat(900)}1] }}`],
    ['names', `{% set ${'a,'.repeat(900)}a = ${'1,'.repeat(900)}1 %}`],
    ['arrow parameters', `{{ [1]|map((${'a,'.repeat(900)}a) => 1) }}`],
    ['macro parameters', `{% macro m(${'a,'.repeat(900)}a) %}{% endmacro %}`],
    ['fields', `{{ a${'.b'.repeat(3000)} }}`],
    ['unary signs', `{{ ${'- '.repeat(7000)}a }}`],
    ['ternaries', `{{ ${'a ? b : '.repeat(1500)}c }}`],
    ['filters', `{{ a${'|upper'.repeat(3000)} }}`],
    ['interpolations', `{{ ${'"#{'.repeat(1500)}a${'}"'.repeat(1500)} }}`],
  ])('too much %s is refused quickly', (_name, source) => {
    const { ms } = processorTime(() => {
      expect(compileTemplate(source, { format: 'json-text' })).toMatchObject({
        ok: false,
        faults: [{ code: 'template_too_large' }],
      });
    });
    expect(ms).toBeLessThan(1000);
  });

  it.each([
    ['parentheses', (depth: number) => `{{ ${'('.repeat(depth)}1${')'.repeat(depth)} }}`],
    ['interpolations', (depth: number) => `{{ ${'"#{'.repeat(depth)}1${'}"'.repeat(depth)} }}`],
  ])('the depth of %s does not depend on the stack', (_name, nested) => {
    expect(compileTemplate(nested(199), { format: 'text' })).toMatchObject({ ok: true });
    expect(compileTemplate(nested(201), { format: 'text' })).toMatchObject({
      faults: [{ code: 'template_too_large', message: 'The template is nested too deeply.' }],
    });
  });

  it('compiles nested `default` and `??` in linear time', () => {
    const fallback = 'a|default('.repeat(60) + '1' + ')'.repeat(60);
    const coalesce = '('.repeat(60) + 'a' + ' ?? 1)'.repeat(60);
    expect(render(`[{{ ${fallback} }}, {{ ${coalesce} }}]`)).toEqual([1, 1]);
  });

  it('reports a long unknown name without searching for its like', () => {
    const fault = firstFault(`{{ a|${'b'.repeat(20_000)} }}`);
    expect(JSON.stringify(fault).length).toBeLessThan(300);
  });
});

it('charges comparisons of large objects by what they look at, not by what they could', () => {
  const fields = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]));
  const context = contextOf({ data: { big: fields, same: { ...fields } } });
  for (const comparison of [
    '0 in data.big',
    'data.big == data.same',
    'data.big is same as(data.same)',
  ]) {
    const source = `{% for i in 1..2000 %}{{ (${comparison})|json }}{% endfor %}`;
    const compiled = compileTemplate(source, { format: 'json-text' });
    if (!compiled.ok) throw new Error(compiled.faults[0]?.message);
    const { template } = compiled;
    const { ms } = processorTime(() => renderTemplate(template, context));
    expect(ms).toBeLessThan(1000);
  }
});
