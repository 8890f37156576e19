import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import jsonLogic from 'json-logic-js';
import { applyLogic } from './json-logic.js';
import { OPERATORS } from './operators/index.js';

const STEPS = 50_000;

type OfficialCase = [rule: unknown, data: unknown, expected: unknown];

/** The list that jsonlogic.com/tests.json publishes for every implementation. */
const fixture = join(process.cwd(), 'test', 'fixtures', 'jsonlogic-tests.json');
const official: (string | OfficialCase)[] = JSON.parse(readFileSync(fixture, 'utf8'));
const cases = official.filter((entry): entry is OfficialCase => Array.isArray(entry));

/** The same rule given to the library as it is, and to ours. */
function outcome(evaluate: () => unknown): unknown {
  try {
    return { value: evaluate() };
  } catch {
    return 'thrown';
  }
}

const KEYS = ['a', 'b', 'c', '0', '1', 'length'];
const scalar = fc.oneof(
  fc.constantFrom(null, true, false, '', 'a', 'b', '1', 'apple'),
  fc.integer({ min: -3, max: 3 }),
);
const data = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), {
      maxKeys: 3,
      // JSON has no others: the library cannot make a text of an object without a prototype.
      noNullPrototype: true,
    }),
  ),
})).value;
const path = fc
  .array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 })
  .map((p) => p.join('.'));
const variable = fc.oneof(
  path.map((name) => ({ var: name })),
  fc.tuple(path, scalar).map((args) => ({ var: args })),
  fc.constantFrom({ var: '' }, { var: 'current' }, { var: 'accumulator' }),
  fc.array(path, { maxLength: 3 }).map((names) => ({ missing: names })),
  fc.tuple(fc.nat(2), fc.array(path, { maxLength: 3 })).map((args) => ({ missing_some: args })),
);
/** What the library itself does, and `in`, which is ours but must not differ. */
const OTHERS = [...OPERATORS].flatMap(([name, { run }]) => (run && name !== 'in' ? [] : [name]));
const rule = fc.letrec<{ rule: unknown }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    variable,
    scalar,
    fc.array(tie('rule'), { maxLength: 3 }),
    fc
      .tuple(fc.constantFrom(...OTHERS), fc.array(tie('rule'), { maxLength: 3 }))
      .map(([name, args]) => ({ [name]: args })),
  ),
})).rule;

describe('applyLogic', () => {
  it('knows all 280 official cases', () => {
    expect(cases).toHaveLength(280);
  });

  it.each(cases)('gives what JSON Logic says: %j on %j', (given, on, expected) => {
    expect(applyLogic(given, on, STEPS)).toEqual(expected);
  });

  it('gives what json-logic-js gives, for any rule and data', () => {
    fc.assert(
      fc.property(rule, data, (anyRule, anyData) => {
        const library = outcome(() =>
          jsonLogic.apply(JSON.parse(JSON.stringify(anyRule)), anyData),
        );
        expect(outcome(() => applyLogic(anyRule, anyData, STEPS))).toEqual(library);
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves the library that others share as it was', () => {
    expect(() => applyLogic({ log: 'x' }, {}, STEPS)).toThrow('log');
    expect(jsonLogic.apply({ var: 'a.constructor.name' }, { a: 'text' })).toBe('String');
    expect(() => applyLogic({ '+': [1, 1] }, {}, 1)).toThrow('out of steps');
    expect(jsonLogic.apply({ '+': [1, 1] }, {})).toBe(2);
  });

  it.each([
    'constructor',
    'constructor.constructor',
    '__proto__',
    'data.toString',
    'data.__proto__.constructor',
    'list.map',
    'list.constructor',
    'text.constructor',
    'text.at',
    'number.constructor',
    'number.toFixed',
  ])('reads own keys only, so not %s, whether constant, computed or missing', (name) => {
    const on = { data: { name }, list: [name], text: 'abc', number: 5 };
    expect(applyLogic({ var: name }, on, STEPS)).toBeNull();
    expect(applyLogic({ var: { cat: [name, ''] } }, on, STEPS)).toBeNull();
    expect(applyLogic({ var: [{ var: 'data.name' }] }, on, STEPS)).toBeNull();
    expect(applyLogic({ missing: [name] }, on, STEPS)).toEqual([name]);
    expect(applyLogic({ missing_some: [1, { var: 'list' }] }, on, STEPS)).toEqual([name]);
  });

  it('still reads the length of lists and texts, and a field that is called constructor', () => {
    const on = JSON.parse('{"list":[1,2],"text":"abc","constructor":"ours"}');
    expect(applyLogic({ var: 'list.length' }, on, STEPS)).toBe(2);
    expect(applyLogic({ var: 'text.length' }, on, STEPS)).toBe(3);
    expect(applyLogic({ var: 'constructor' }, on, STEPS)).toBe('ours');
  });

  it('never takes event data for a rule', () => {
    const on = { names: [{ cat: ['a', 'b'] }], ab: 1, rule: { '==': [1, 1] } };
    expect(applyLogic({ missing: [{ var: 'names' }] }, on, STEPS)).toEqual(on.names);
    expect(applyLogic({ missing_some: [1, { var: 'names' }] }, on, STEPS)).toEqual(on.names);
    expect(applyLogic({ var: 'rule' }, on, STEPS)).toEqual(on.rule);
    expect(applyLogic({ filter: [{ var: 'names' }, { var: 'cat' }] }, on, STEPS)).toEqual(on.names);
  });
});
