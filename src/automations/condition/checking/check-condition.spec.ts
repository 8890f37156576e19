import * as fc from 'fast-check';
import { Context } from '../../context/context.js';
import { checkCondition, DEFAULT_CONDITION_LIMITS, evaluateCondition } from '../index.js';
import { OPERATORS } from '../operators/index.js';

function nested(levels: number): unknown {
  let condition: unknown = { var: 'data.x' };
  for (let level = 1; level < levels; level += 1) condition = { '!': [condition] };
  return condition;
}

const list = { var: 'data.list' };
const some = (inner: unknown): unknown => ({ some: [list, inner] });

function message(condition: unknown): string | undefined {
  return checkCondition(condition)[0]?.message;
}

function items(count: number): unknown {
  return { in: ['a', Array.from({ length: count }, () => 'x'.repeat(80))] };
}

describe('checkCondition', () => {
  it.each([
    [
      {
        and: [
          { '==': [{ var: 'event.type' }, 'user.created'] },
          { '>=': [{ var: 'data.points' }, 100] },
        ],
      },
    ],
    [{ '!': { var: 'actor' } }],
    [{ var: ['data.user.name', 'nobody'] }],
    [{ some: [{ var: 'data.list' }, { in: [{ var: 'name' }, ['a', 'b', null, 1.5]] }] }],
    [{ reduce: [list, { '+': [{ var: 'current.points' }, { var: 'accumulator' }] }, 0] }],
    [{ missing: ['data.name', 'data.rank'] }],
    [{ missing: { merge: ['data.name', { if: [{ var: 'data.rank' }, 'data.unit', []] }] } }],
    [{ missing_some: [1, ['data.name', 'data.rank']] }],
    [{ '!!': [[]] }],
    [{ if: [{ var: 'data.x' }, true, false] }],
    [{ '<': [1, { var: 'data.x' }, 3] }],
    [{ '===': [{ var: '' }, null] }],
    [some(some({ var: 'deep.name' }))],
    [{ and: [{ changed: 'unit.name' }, { changed: [] }, { changed: ['a', 'b'] }] }],
    [some({ changed_to: ['rank', { var: 'rank' }] })],
    [{ '==': [{ was: '' }, null] }],
    [{ within_last: [{ var: 'now' }, { var: 'data.period' }] }],
    [{ before: ['2026-01-31', 1700000000] }],
    [{ date_part: [{ var: 'now' }, 'week', 'UTC'] }],
    [{ matches_glob: [{ var: 'data.name' }, 'a\\*?'] }],
    [{ var: 'causer_id' }],
    [true],
  ])('accepts %j', (condition) => {
    expect(checkCondition(condition)).toEqual([]);
  });

  it.each([
    [{ and: [{ '=': [1, 1] }] }, 'and[0].=', 'unknown_operator'],
    [{ '!': { equals: [1, 1] } }, '!.equals', 'unknown_operator'],
    [{ log: ['x'] }, 'log', 'unknown_operator'],
    [{ constructor: [1] }, 'constructor', 'unknown_operator'],
    [{ 'cat.call': [1] }, 'cat.call', 'unknown_operator'],
    [JSON.parse('{"__proto__": [1]}'), '__proto__', 'unknown_operator'],
    [{ '==': [1] }, '==', 'wrong_argument_count'],
    [{ '!!': [] }, '!!', 'wrong_argument_count'],
    [{ some: list }, 'some', 'wrong_argument_count'],
    [{ or: [true, {}] }, 'or[1]', 'not_an_operation'],
    [{ and: [true], or: [true] }, '', 'not_an_operation'],
    [{ in: ['a', ['b', { a: 1, b: 2 }]] }, 'in[1][1]', 'not_an_operation'],
    [{ var: { cat: ['data.', 'x'] } }, 'var', 'dynamic_path'],
    [{ var: [{ var: 'data.x' }] }, 'var', 'dynamic_path'],
    [{ var: true }, 'var', 'dynamic_path'],
    [{ var: 'constructor.constructor' }, 'var', 'forbidden_path'],
    [{ '==': [{ var: 'data.__proto__.x' }, 1] }, '==[0].var', 'forbidden_path'],
    [some({ var: 'x.prototype' }), 'some[1].var', 'forbidden_path'],
    [{ missing: ['data.x', 'data.constructor'] }, 'missing', 'forbidden_path'],
    [{ missing_some: [1, ['data.__proto__']] }, 'missing_some', 'forbidden_path'],
    [{ var: 'user.name' }, 'var', 'unknown_variable'],
    [{ var: 0 }, 'var', 'unknown_variable'],
    [{ reduce: [list, { var: 'data.x' }, 0] }, 'reduce[1].var', 'unknown_variable'],
    [some(some(some(true))), 'some[1].some[1].some', 'too_many_loops'],
    [{ '==': ['x'.repeat(1001), 1] }, '==[0]', 'text_too_long'],
    [{ in: [1, Array.from({ length: 1001 }, () => 1)] }, 'in[1]', 'list_too_long'],
    [{ and: Array.from({ length: 1001 }, () => true) }, 'and', 'list_too_long'],
    [{ '==': [1, undefined] }, '==[1]', 'not_json'],
    [{ '==': [1, Number.NaN] }, '==[1]', 'not_json'],
    [{ changed: { var: 'data.x' } }, 'changed', 'dynamic_path'],
    [{ changed_to: [['rank'], 1] }, 'changed_to', 'dynamic_path'],
    [{ changed_to: ['rank'] }, 'changed_to', 'wrong_argument_count'],
    [{ was: 'unit.constructor' }, 'was', 'forbidden_path'],
    [{ changed: ['rank', '__proto__'] }, 'changed', 'forbidden_path'],
    [{ changed_to: ['rank', { '=': 1 }] }, 'changed_to[1].=', 'unknown_operator'],
    [{ between: [1, 2] }, 'between', 'wrong_argument_count'],
    [{ within_last: ['2026-01-31', '90x'] }, 'within_last[1]', 'bad_duration'],
    [{ within_last: ['2026-01-31', 90] }, 'within_last[1]', 'bad_duration'],
    [{ older_than: ['2026-01-31', ['1d']] }, 'older_than[1]', 'bad_duration'],
    [{ older_than: ['tomorrow', '1d'] }, 'older_than[0]', 'bad_time'],
    [{ before: [{ var: 'now' }, '2026-02-30'] }, 'before[1]', 'bad_time'],
    [{ after: [{ var: 'now' }, null] }, 'after[1]', 'bad_time'],
    [{ date_part: [{ var: 'now' }, 'days'] }, 'date_part[1]', 'unknown_date_part'],
    [{ date_part: [{ var: 'now' }, 'day', 'Berlin'] }, 'date_part[2]', 'unknown_time_zone'],
    [{ matches_glob: ['x', 'x'.repeat(201)] }, 'matches_glob[1]', 'bad_pattern'],
    [{ matches_glob: ['x', 'x\\'] }, 'matches_glob[1]', 'bad_pattern'],
    [nested(21), Array.from({ length: 20 }, () => '![0]').join('.'), 'too_deep'],
    [[true], '', 'not_a_condition'],
    ['data.x', '', 'not_a_condition'],
    [null, '', 'not_a_condition'],
  ])('refuses %j at %j: %s', (condition, path, code) => {
    expect(checkCondition(condition)).toEqual([expect.objectContaining({ path, code })]);
  });

  it('says which operator or variable was probably meant', () => {
    expect(checkCondition({ '=': [1, 1] })[0]?.message).toContain('Did you mean "=="?');
    expect(checkCondition({ fliter: [list, true] })[0]?.message).toContain(
      'Did you mean "filter"?',
    );
    expect(checkCondition({ equals: [1, 1] })[0]?.message).toContain('The operators are: var, ');
    expect(checkCondition({ var: 'dta.x' })[0]?.message).toContain('Did you mean "data"?');
    expect(message({ var: 'rank' })).toContain('The fields of the record are under "data".');
    expect(message({ startswith: ['a', 'b'] })).toContain('Did you mean "starts_with"?');
    expect(message({ date_part: [1, 'houer'] })).toContain('Did you mean "hour"?');
    expect(message({ date_part: [1, 'day', 'Asia/Tokio'] })).toContain(
      'Did you mean "Asia/Tokyo"?',
    );
    expect(message({ within_last: [1, '1 day'] })).toContain('"30s", "15m", "12h", "90d" or "2w"');
  });

  it('names the number of arguments that an operator takes', () => {
    expect(message({ '==': [1, 2, 3] })).toBe('"==" takes 2 arguments, not 3.');
    expect(message({ '!': [1, 2] })).toBe('"!" takes 1 argument, not 2.');
    expect(message({ and: [] })).toBe('"and" takes at least 1 argument, not 0.');
    expect(message({ '<': [1] })).toBe('"<" takes 2 to 3 arguments, not 1.');
  });

  it('finds every fault in the order of the text, up to twenty', () => {
    const condition = { and: [{ '=': [1] }, { or: [{ xor: [] }, { var: 'user' }] }, { not: 1 }] };
    const paths = ['and[0].=', 'and[1].or[0].xor', 'and[1].or[1].var', 'and[2].not'];
    expect(checkCondition(condition).map((fault) => fault.path)).toEqual(paths);
    const many = { and: Array.from({ length: 500 }, () => ({ '=': 1 })) };
    expect(checkCondition(many)).toHaveLength(20);
  });

  it('holds the limits on size and on the number of parts exactly', () => {
    expect(checkCondition(items(190))).toEqual([]);
    expect(checkCondition(items(200))).toMatchObject([{ path: '', code: 'condition_too_large' }]);
    const bytes = Buffer.byteLength(JSON.stringify(items(10)));
    expect(checkCondition(items(10), { ...DEFAULT_CONDITION_LIMITS, bytes })).toEqual([]);
    expect(
      checkCondition(items(10), { ...DEFAULT_CONDITION_LIMITS, bytes: bytes - 1 }),
    ).toHaveLength(1);
    expect(checkCondition(items(10), { ...DEFAULT_CONDITION_LIMITS, nodes: 13 })).toEqual([]);
    expect(checkCondition(items(10), { ...DEFAULT_CONDITION_LIMITS, nodes: 12 })).toMatchObject([
      { code: 'too_many_nodes' },
    ]);
  });

  it('accepts conditions as deep as allowed', () => {
    expect(checkCondition(nested(20))).toEqual([]);
  });

  it('cannot be made to overflow the stack or to run for ever', () => {
    expect(checkCondition(nested(200_000))).toHaveLength(1);
    const cycle: { and: unknown[] } = { and: [] };
    cycle.and.push(cycle, cycle);
    expect(checkCondition(cycle).length).toBeGreaterThan(0);
  });

  it('lets nothing pass that evaluation does not know', () => {
    const operator = fc.constantFrom(...OPERATORS.keys(), 'log', 'method', 'constructor');
    const rule = fc.letrec<{ rule: unknown }>((tie) => ({
      rule: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<unknown>('data.x', 'x', 1, null, true, { var: 'data.x' }),
        fc
          .tuple(operator, fc.array(tie('rule'), { maxLength: 3 }))
          .map(([name, args]) => ({ [name]: args })),
      ),
    })).rule;
    fc.assert(
      fc.property(rule, (condition) => {
        fc.pre(checkCondition(condition).length === 0);
        const plain = JSON.parse(JSON.stringify(condition));
        expect(evaluateCondition(plain, Context.of({ data: { x: 'y' } }))).toMatchObject({
          ok: true,
        });
      }),
      { numRuns: 300 },
    );
  });
});
