import type { JsonValue } from '../../json.js';
import { BINARY_OPERATORS } from './library/operators.js';
import { FILTERS, FUNCTIONS, TESTS } from './library/policy.js';
import { firstFault } from './rendering.fixture.js';

const CANARY = 'c4n4ry';
/** Nobody can mistake a filter or operator: each gets each of these wherever it takes a value. */
const values: Readonly<Record<string, JsonValue>> = {
  text: CANARY,
  long: `${CANARY} `.repeat(200),
  zone: `Europe/${CANARY}`,
  date: `2026-01-31T12:00:00${CANARY}`,
  number: `12${CANARY}`,
  list: [CANARY, [CANARY]],
  object: { [CANARY]: CANARY },
  huge: CANARY.repeat(60_000),
};
const data = { ...values, now: '2026-01-31T12:00:00Z', workspace: { timeZone: `Mars/${CANARY}` } };
const names = Object.keys(values);

const callsOf = (name: string, parameters = 1): string[] =>
  names.flatMap((value) =>
    Array.from({ length: parameters + 1 }, (_, count) =>
      count === 0 ? name : `${name}(${Array.from({ length: count }, () => value).join(', ')})`,
    ),
  );

const expressions: [string, string[]][] = [
  ...[...FILTERS].map(([name, { parameters = [], arrow }]): [string, string[]] => [
    `|${name}`,
    arrow
      ? names.flatMap((a) => names.map((b) => `${a}|${name}((x, y) => x - ${b})`))
      : names.flatMap((a) => callsOf(name, parameters.length + 1).map((call) => `${a}|${call}`)),
  ]),
  ...[...FUNCTIONS.keys()].map((name): [string, string[]] => [`${name}()`, callsOf(name, 3)]),
  ...[...TESTS.keys()].map((name): [string, string[]] => [
    `is ${name}`,
    names.flatMap((a) => callsOf(name).map((call) => `${a} is ${call}`)),
  ]),
  ...[...BINARY_OPERATORS.values()].map(({ sign }): [string, string[]] => [
    sign,
    names.flatMap((a) => names.map((b) => `${a} ${sign} ${b}`)),
  ]),
  ['unary', names.flatMap((a) => [`-${a}`, `+${a}`, `not ${a}`, `${a} has some x => x - 1`])],
];

it.each(expressions)('%s never quotes a value, and says where it failed', (_name, all) => {
  for (const expression of all) {
    // Printed bare, so that even what succeeds fails: as what is not JSON.
    const fault = firstFault(`{\n"a": {{ (${expression}) }} x`, data);
    expect(JSON.stringify(fault)).not.toContain('4n4r');
    expect(fault).toMatchObject({ line: 2, column: expect.any(Number) });
  }
});

it.each(['{% with text %}{% endwith %}', '{% for a in 1..2 %}{{ a + text }}{% endfor %}'])(
  '%s quotes no value either',
  (source) => {
    const fault = firstFault(source, data);
    expect(fault).toMatchObject({ code: 'template_error', line: 1 });
    expect(JSON.stringify(fault)).not.toContain('4n4r');
  },
);
