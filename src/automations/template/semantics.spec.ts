import { compileTemplate, renderTemplate } from './index.js';
import { contextOf, evaluate, render } from './rendering.fixture.js';

const user = { name: 'Jane "Ace" Doe', age: 41, active: false, tags: ['a', 'b'], nick: null };

describe('what a template can read', () => {
  it.each([
    ['user.name', 'Jane "Ace" Doe'],
    ["user['name']", 'Jane "Ace" Doe'],
    ["attribute(user, 'age')", 41],
    ['user.tags[1]', 'b'],
    ['user.tags.0', 'a'],
    ['user.missing.deeper', null],
    ['missing', null],
    ['user.nick ?? "none"', 'none'],
    ['(nothing ?? user.nick) ?? "none"', 'none'],
    ['user.nick|default("none")', 'none'],
    ['user.missing is null', true],
    ['user.missing is defined', false],
    ['user.nick is defined', true],
    ['user.name.length', null],
  ])('%s', (expression, expected) => {
    expect(evaluate(expression, { user })).toEqual(expected);
  });
});

describe('values', () => {
  it('keeps empty lists and empty objects apart, and objects with numeric keys objects', () => {
    const data = { object: {}, list: [], numbered: { 0: 'a', 1: 'b' } };
    expect(render('{{ data|json }}', { data })).toEqual(data);
    expect(render('[{{ data.object|json }},{{ data.list|json }}]', { data })).toEqual([{}, []]);
  });

  it('prints booleans and null so that they stay JSON', () => {
    expect(
      render('[{{ yes }}, {{ no }}, {{ none|json }}, "{{ none }}"]', { yes: true, no: false }),
    ).toEqual([true, false, null, '']);
  });

  it('prints lists and objects inside quotes as escaped JSON', () => {
    expect(render('"{{ user.tags }}"', { user })).toBe('["a","b"]');
  });

  it('escapes captures and macro results once', () => {
    const source =
      '{% macro m(v) %}{{ v }}{% endmacro %}{% set x %}{{ v }}{% endset %}["{{ x }}","{{ _self.m(v) }}","{{ _self.m(x) }}","{{ x|upper }}"]';
    const v = 'a"\\\n';
    expect(render(source, { v })).toEqual([v, v, v, 'A"\\\n']);
  });
});

describe('operators', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['"5" + 1', 6],
    ['7 // 2', 3],
    ['-7 % 3', -1],
    ['2 ** 3 ** 2', 512],
    ['"a" ~ 1 ~ true ~ null', 'a1true'],
    ['1 == "1.0"', true],
    ['"abc" == 0', false],
    ['null == false', true],
    ['[1, [2]] == [1, [2]]', true],
    ['{a: 1} == {a: 2}', false],
    ['"b" in ["a", "b"]', true],
    ['"ell" in "hello"', true],
    ['3 not in 1..2', true],
    ['"hello" starts with "he" and "hello" ends with "lo"', true],
    ['[1, 2] has some v => v > 1', true],
    ['[1, 2] has every v => v > 1', false],
    ['2 <=> 10', -1],
    ['"2" < "10"', true],
    ['"" ? 1 : 2', 2],
    ['"0" or []', false],
    ['1 is same as("1")', false],
    ['6 is divisible by(3)', true],
    ['[] is empty and 0 is not empty', true],
    ['[...[1, 2], 3]', [1, 2, 3]],
    ['{...{a: 1}, b: 2}', { a: 1, b: 2 }],
    ['"#{1 + 1}b"', '2b'],
  ])('%s', (expression, expected) => {
    expect(evaluate(expression)).toEqual(expected);
  });
});

describe('filters and functions', () => {
  it.each([
    ['null|upper ~ null|title ~ null|trim ~ null|capitalize', ''],
    ['"hELLO world"|title', 'Hello World'],
    ['"hELLO"|capitalize', 'Hello'],
    ['"😀é"|length', 2],
    ['"😀abc"|slice(0, 2)', '😀a'],
    ['"abc"[1:]', 'bc'],
    ['[1, 2, 3]|slice(-2, 1)', [2]],
    ['"  x "|trim ~ "|" ~ "xxaxx"|trim("x", "left")', 'x|axx'],
    ['"\u2000\u00a0 x\u3000\ufeff\0"|trim', 'x'],
    ['"<b>a</b> < c"|striptags', 'a < c'],
    ['"ab"|replace({a: "b", b: "a"})', 'ba'],
    ['"a,b,c"|split(",", 2)', ['a', 'b,c']],
    ['"abcd"|split("", 3)', ['abc', 'd']],
    ['"%05.1f|%-4s|%x|%%"|format(3.14159, "a", 255)', '003.1|a   |ff|%'],
    ['"a b&c"|url_encode', 'a%20b%26c'],
    ['{a: "x y", b: 1}|url_encode', 'a=x%20y&b=1'],
    ['1.005|round(2)', 1.01],
    ['-2.5|round', -3],
    ['2.4|round(0, method="ceil")', 3],
    ['1234567.891|number_format(2, ",", ".")', '1.234.567,89'],
    ['[1, 2, 3]|filter(v => v > 1)', [2, 3]],
    ['{a: 1, b: 2}|filter(v => v > 1)', { b: 2 }],
    ['{a: 1}|map((v, k) => k ~ v)', { a: 'a1' }],
    ['[1, 2, 3]|reduce((sum, v) => sum + v, 10)', 16],
    ['[1, 2, 3]|find(v => v > 1)', 2],
    ['[3, 1, 10]|sort', [1, 3, 10]],
    ['["a", "b"]|sort((a, b) => b <=> a)', ['b', 'a']],
    ['[{n: 1}, {x: 2}, {n: 3}]|column("n")', [1, 3]],
    [
      '[1, 2, 3]|batch(2, 0)',
      [
        [1, 2],
        [3, 0],
      ],
    ],
    ['["a", "b", "c"]|join(", ", " and ")', 'a, b and c'],
    ['{a: 1}|merge({b: 2, a: 3})', { a: 3, b: 2 }],
    ['[1]|merge([2])', [1, 2]],
    ['{a: 1, b: 2}|keys|reverse', ['b', 'a']],
    ['[1, 2]|first ~ "abc"|last', '1c'],
    ['range(1, 7, 3)', [1, 4, 7]],
    ['"c".."a"', ['c', 'b', 'a']],
    ['max(1, 3, 2) ~ min([4, 2])', '32'],
    ['cycle(["a", "b"], 3)', 'b'],
  ])('%s', (expression, expected) => {
    expect(evaluate(expression)).toEqual(expected);
  });

  it.each([
    ['"2026-03-29T00:59:59Z"|date("Y-m-d H:i:s P", "Europe/Berlin")', '2026-03-29 01:59:59 +01:00'],
    ['"2026-03-29T01:00:00Z"|date("H:i T", "Europe/Berlin")', '03:00 Europe/Berlin'],
    ['"2026-01-01"|date("D, jS M Y \\\\o\\\\f W/o")', 'Thu, 1st Jan 2026 of 01/2026'],
    ['0|date("c")', '1970-01-01T00:00:00+00:00'],
    ['"now"|date("Y")', '2030'],
    ['null|date("Y")', ''],
    ['"2026-01-31T10:00:00Z"|date_modify("+1 day -2 hours")', '2026-02-01T08:00:00.000Z'],
    ['date("2026-01-01") < date("2026-01-02")', true],
  ])('%s', (expression, expected) => {
    expect(evaluate(expression, { now: '2030-01-01T00:00:00.000Z' })).toEqual(expected);
  });
});

describe('tags', () => {
  it('loops with loop variables, an else branch and scopes as Twig has them', () => {
    const source = `{% set sum = 0 %}[{% for k, v in list %}{% set sum = sum + v %}{% set inner = v %}
      "{{ loop.index }}/{{ loop.length }}{{ loop.last ? '!' }}{{ k }}",{% else %}"none",{% endfor %}
      {{ sum }}, {{ inner|json }}, {{ v|json }}]`;
    expect(render(source, { list: [5, 6] })).toEqual(['1/20', '2/2!1', 11, null, null]);
    expect(render(source, { list: null })).toEqual(['none', 0, null, null]);
  });

  it('nests loops', () => {
    const source =
      '"{% for a in 1..2 %}{% for b in 1..2 %}{{ loop.parent.loop.index }}{{ loop.index }} {% endfor %}{% endfor %}"';
    expect(render(source)).toBe('11 12 21 22 ');
  });

  it('limits what `with` sets and sees', () => {
    const source =
      '{% with {a: 2} only %}[{{ a }}, {{ b|json }}{% set c = 1 %}{% endwith %}, {{ c|json }}]';
    expect(render(source, { b: 1 })).toEqual([2, null, null]);
  });

  it('calls macros with defaults, and macros that follow', () => {
    const source =
      '{% macro a(x, y = "Y") %}{{ x }}{{ y }}{{ _self.b() }}{% endmacro %}{% macro b() %}B{% endmacro %}"{{ _self.a(1) }}"';
    expect(render(source)).toBe('1YB');
  });

  it('leaves verbatim parts alone', () => {
    expect(render('{% verbatim %}"{{ a }}"{% endverbatim %}{# gone #}')).toBe('{{ a }}');
  });
});

it('never changes the context that templates share', () => {
  const source = `{% set list = list|merge([9])|sort|reverse %}{% set data = {} %}{% for data in list %}{% endfor %}
    {% with {list: 1} %}{% set list = 2 %}{% endwith %}{{ list|json }}`;
  const context = contextOf({ list: [3, 1], data: { a: 1 } });
  const [first, second] = [
    compileTemplate(source, { format: 'json-text' }),
    compileTemplate('[{{ list|json }},{{ data|json }}]', { format: 'json-text' }),
  ];
  if (!first.ok || !second.ok) throw new Error('both templates are valid');
  for (let round = 0; round < 2; round += 1) {
    expect(renderTemplate(first.template, context)).toMatchObject({
      body: expect.stringContaining('[9,3,1]'),
    });
    expect(renderTemplate(second.template, context)).toMatchObject({ body: '[[3,1],{"a":1}]' });
  }
});
