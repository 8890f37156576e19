import * as fc from 'fast-check';
import type { JsonValue } from '../../../json.js';
import { anyContext, anyRule, contextWith } from '../condition.fixture.js';
import { type ConditionTrace, evaluateCondition, traceCondition } from '../index.js';

const TRUE: JsonValue = { '==': [{ var: 'data.rank' }, 'Captain'] };
const FALSE: JsonValue = { '>': [{ var: 'data.points' }, 1000] };

function traced(condition: JsonValue, on = contextWith()): ConditionTrace {
  return traceCondition(condition, on).trace;
}

function all(trace: ConditionTrace): ConditionTrace[] {
  return [trace, ...trace.operands.flatMap(all)];
}

const digits = [1, 2, 3, 4];
const is = (wanted: number): JsonValue => ({ '==': [{ var: '' }, wanted] });

function paths(condition: JsonValue): string[] {
  return traced(condition).operands.map(({ path }) => path);
}

/** The paths of what decided, without the ways there. */
function decidedBy(condition: JsonValue): string[] {
  const parts = all(traced(condition)).filter(({ decisive }) => decisive);
  const ends = parts.filter(({ operands }) => !operands.some(({ decisive }) => decisive));
  return ends.map(({ path, item }) => (item === undefined ? path : `${path} of ${item}`));
}

describe('traceCondition', () => {
  it('shows each part with its path, its operator and its value', () => {
    expect(traced({ and: [TRUE, { '!': FALSE }] })).toEqual({
      path: 'and',
      operator: 'and',
      value: true,
      decisive: true,
      operands: [
        {
          path: 'and[0].==',
          operator: '==',
          value: true,
          decisive: true,
          operands: [
            {
              path: 'and[0].==[0].var',
              operator: 'var',
              value: 'Captain',
              decisive: false,
              operands: [
                {
                  path: 'and[0].==[0].var',
                  operator: null,
                  value: 'data.rank',
                  decisive: false,
                  operands: [],
                },
              ],
            },
            {
              path: 'and[0].==[1]',
              operator: null,
              value: 'Captain',
              decisive: false,
              operands: [],
            },
          ],
        },
        expect.objectContaining({
          path: 'and[1].!',
          operator: '!',
          value: true,
          operands: [expect.objectContaining({ path: 'and[1].!.>', value: false, decisive: true })],
        }),
      ],
    });
  });

  it('leaves out what was not evaluated', () => {
    expect(paths({ and: [TRUE, FALSE, TRUE] })).toEqual(['and[0].==', 'and[1].>']);
    expect(paths({ or: [FALSE, TRUE, FALSE] })).toEqual(['or[0].>', 'or[1].==']);
    expect(paths({ if: [FALSE, TRUE, FALSE] })).toEqual(['if[0].>', 'if[2].>']);
  });

  it.each<[JsonValue, string[]]>([
    [{ and: [TRUE, FALSE, TRUE] }, ['and[1].>']],
    [{ and: [TRUE, TRUE] }, ['and[0].==', 'and[1].==']],
    [{ or: [FALSE, TRUE] }, ['or[1].==']],
    [{ or: [FALSE, FALSE] }, ['or[0].>', 'or[1].>']],
    [{ '!': { or: [FALSE, TRUE] } }, ['!.or[1].==']],
    [{ if: [TRUE, FALSE, TRUE] }, ['if[1].>']],
    [{ if: [TRUE, true, false] }, ['if[0].==', 'if[1]']],
    [{ '==': [TRUE, FALSE] }, ['==']],
    [{ some: [digits, is(2)] }, ['some[1].== of 1']],
    [{ some: [digits.slice(0, 2), is(9)] }, ['some[1].== of 0', 'some[1].== of 1']],
    [{ all: [digits, { '<': [{ var: '' }, 3] }] }, ['all[1].< of 2']],
    [{ none: [digits, is(1)] }, ['none[1].== of 0']],
    [{ some: [{ var: 'data.absent' }, is(1)] }, ['some[0].var']],
    [true, ['']],
  ])('%j was decided by %j', (condition, expected) => {
    expect(decidedBy(condition)).toEqual(expected);
  });

  it('shows the first turns of a loop, and the one that ended it', () => {
    const many = Array.from({ length: 300 }, (_, index) => index);
    const on = contextWith({ data: { many } });
    const { operands, omitted } = traced({ some: [{ var: 'data.many' }, is(200)] }, on);
    expect(operands.map(({ item }) => item)).toEqual([undefined, 0, 1, 2, 3, 4, 200]);
    expect(omitted).toBe(201 - 6);
    const sum = { '+': [{ var: 'current' }, { var: 'accumulator' }] };
    const reduced = traced({ reduce: [{ var: 'data.many' }, sum, 0] }, on);
    expect(reduced).toMatchObject({ value: 44_850, omitted: 294 });
    expect(reduced.operands.map(({ path, item }) => [path, item]).slice(0, 3)).toEqual([
      ['reduce[0].var', undefined],
      ['reduce[2]', undefined],
      ['reduce[1].+', 0],
    ]);
  });

  it('cuts values that are long, wide or deep', () => {
    const data = {
      text: 'x'.repeat(1000),
      list: Array.from({ length: 100 }, () => 'y'.repeat(100)),
      object: Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}`, index])),
      deep: [[[[1]]]],
    };
    const on = contextWith({ data });
    const value = (name: string) =>
      traced({ '!!': { var: `data.${name}` } }, on).operands[0]?.value;
    expect(value('text')).toBe(`${'x'.repeat(200)}… (1000 characters)`);
    const list = value('list') as string[];
    expect(list).toHaveLength(11);
    expect(list.at(0)).toBe(`${'y'.repeat(50)}… (100 characters)`);
    expect(list.at(-1)).toBe('… 90 more');
    expect(value('object')).toMatchObject({ f0: 0, f9: 9, '…': '20 more' });
    expect(value('deep')).toEqual([['[… 1 items]']]);
    expect(traced({ '+': ['abc'] }, on).value).toBe('NaN');
  });

  it('shows a list of constants as one value', () => {
    const rule = { in: [{ var: 'data.rank' }, ['Captain', { lower: 'X' }, 'Major']] };
    const [, names] = traced(rule).operands;
    expect(names).toMatchObject({ path: 'in[1]', value: ['Captain', 'x', 'Major'] });
    expect(names?.operands.map(({ path }) => path)).toEqual(['in[1][1].lower']);
    expect(names?.omitted).toBeUndefined();
  });

  it('never shows more than it may, and then first what decided', () => {
    const condition = { and: [...Array.from({ length: 900 }, () => TRUE), FALSE] };
    const trace = traced(condition);
    expect(all(trace)).toHaveLength(300);
    expect(trace.operands.at(-1)).toMatchObject({ path: 'and[900].>', decisive: true });
    expect(trace.omitted).toBeGreaterThan(500);
  });

  it('shows what decided down to its values, before what did not decide', () => {
    const other: JsonValue = { '!=': [{ var: 'data.points' }, 1] };
    const failing: JsonValue = { '==': [{ lower: { var: 'data.rank' } }, 'major'] };
    const trace = traced({ and: [...Array.from({ length: 300 }, () => other), failing] });
    expect(all(trace)).toHaveLength(300);
    const [decided] = trace.operands.filter(({ decisive }) => decisive);
    expect(decided).not.toHaveProperty('omitted');
    expect(decided?.operands).toMatchObject([
      { value: 'captain', operands: [{ value: 'Captain', operands: [{ value: 'data.rank' }] }] },
      { value: 'major' },
    ]);
    const many = traced({ and: Array.from({ length: 400 }, () => TRUE) });
    expect(many.operands.filter(({ decisive }) => decisive)).toHaveLength(149);
    expect(many.operands[0]?.operands).toHaveLength(2);
  });

  it('shows where an evaluation was stopped', () => {
    const long = { '==': [{ var: 'data.text' }, 'x'] };
    const on = contextWith({ data: { text: 'x'.repeat(10_000) } });
    const result = traceCondition({ and: [true, { or: [long] }] }, on, { steps: 50 });
    expect(result).toMatchObject({ ok: false, fault: { code: 'condition_too_costly' } });
    const open = all(result.trace).filter(({ decisive }) => decisive);
    expect(open.map(({ path }) => path)).toEqual(['and', 'and[1].or', 'and[1].or[0].==']);
    expect(open.map(({ value }) => value)).toEqual([null, null, null]);
  });

  it('gives the answer that evaluation gives, within the same steps, and never throws', () => {
    fc.assert(
      fc.property(anyRule, anyContext, fc.constantFrom(5, 20, 50_000), (rule, on, steps) => {
        const { trace, ...result } = traceCondition(rule, on, { steps });
        expect(result).toEqual(evaluateCondition(rule, on, { steps }));
        expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
        expect(trace.decisive).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
