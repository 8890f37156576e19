import * as fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../json.js';
import { evaluateCondition } from './index.js';

const context: JsonObject = {
  event: { type: 'rankrecord.created' },
  data: { points: 120, tags: ['a', 'b'], user: { name: 'Jana' } },
  changes: { rank: { old: 'PFC', new: 'CPL' } },
  actor: null,
  workspace: { id: 'w1' },
  now: '2026-06-01T08:00:00Z',
};

const digits = Array.from({ length: 300 }, (_, index) => index);
const manySteps: JsonObject = { list: digits, long: 'ab'.repeat(100_000), text: 'x'.repeat(64) };

/** `step` is repeated 300 times on what it gave before, beginning with `start`. */
function repeated(step: JsonValue, start: JsonValue): JsonValue {
  return { reduce: [{ var: 'list' }, step, start] };
}

const ACC: JsonValue = { var: 'accumulator' };
const everyThree = (inner: JsonValue): JsonValue => ({ map: [digits, inner] });
const periodic = 'a'.repeat(200_000);
const needle = `${'a'.repeat(30_000)}b${'a'.repeat(30_000)}`;

const COSTLY: [name: string, condition: JsonValue][] = [
  ['three loops inside of each other', everyThree(everyThree(everyThree({ '+': [1, 1] })))],
  ['a text that doubles', repeated({ cat: [ACC, ACC] }, 'x')],
  ['a list that doubles', repeated({ merge: [ACC, ACC] }, [1])],
  ['a list that holds itself twice, joined', { cat: [repeated([ACC, ACC], [1])] }],
  ['a list that holds itself twice, compared', { '==': [repeated([ACC, ACC], [1]), 'x'] }],
  ['a list that holds itself twice, as a number', { '+': [repeated([ACC, ACC], [1])] }],
  ['a list that holds itself twice, as a path', { var: [repeated([ACC, ACC], [1])] }],
  [
    'long texts compared again and again',
    repeated({ if: [{ '==': [{ var: 'accumulator.long' }, 'x'] }, 1, ACC] }, { var: '' }),
  ],
  [
    'one long text put together many times',
    { cat: Array.from({ length: 900 }, () => ({ var: 'long' })) },
  ],
  ['a long text searched for in a longer one', { in: [{ var: 'needle' }, { var: 'periodic' }] }],
];

describe('evaluateCondition', () => {
  it.each<[JsonValue, boolean]>([
    [{ '>=': [{ var: 'data.points' }, 100] }, true],
    [{ '>=': [{ var: 'data.points' }, 121] }, false],
    [
      {
        and: [
          { '==': [{ var: 'event.type' }, 'rankrecord.created'] },
          { in: ['b', { var: 'data.tags' }] },
        ],
      },
      true,
    ],
    [{ '==': [{ var: 'changes.rank.new' }, 'CPL'] }, true],
    [{ '!!': [{ var: 'actor' }] }, false],
    [{ var: 'data.absent' }, false],
    [{ filter: [{ var: 'data.tags' }, { '==': [{ var: '' }, 'z'] }] }, false],
    [{ cat: ['0'] }, true],
    [false, false],
  ])('%j matches: %s', (condition, matched) => {
    expect(evaluateCondition(condition, context)).toEqual({ ok: true, matched });
  });

  it.each(COSTLY)('stops %s', (_name, condition) => {
    const on = { ...manySteps, periodic, needle };
    const result = evaluateCondition(condition, on);
    expect(result).toMatchObject({ ok: false, fault: { code: 'condition_too_costly', path: '' } });
  });

  it('has its full number of steps again on each call', () => {
    const condition = { '+': [1, 1] };
    for (let call = 0; call < 5; call += 1) {
      expect(evaluateCondition(condition, {}, { steps: 3 })).toEqual({ ok: true, matched: true });
    }
    expect(evaluateCondition(condition, {}, { steps: 2 })).toMatchObject({ ok: false });
  });

  it('allows an everyday loop over a thousand items', () => {
    const members = Array.from({ length: 1000 }, (_, id) => ({ id, rank: { name: 'Private' } }));
    const condition: JsonValue = {
      some: [
        { var: 'members' },
        { and: [{ '==': [{ var: 'rank.name' }, 'Private'] }, { '>': [{ var: 'id' }, 998] }] },
      ],
    };
    expect(evaluateCondition(condition, { members })).toEqual({ ok: true, matched: true });
  });

  it('makes a fault of what an operator cannot take, and names no value of the event', () => {
    const hidden = { toString: 'secret-value', valueOf: 'secret-value' };
    const result = evaluateCondition({ cat: [{ var: 'data' }] }, { data: hidden });
    expect(result).toMatchObject({ ok: false, fault: { code: 'condition_failed' } });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it('makes a fault of a condition that nobody checked', () => {
    expect(evaluateCondition({ log: 'x' }, context)).toMatchObject({ ok: false });
    expect(evaluateCondition({ 'log.prototype.constructor': ['x'] }, context)).toMatchObject({
      ok: false,
    });
    let deep: JsonValue = 1;
    for (let level = 0; level < 20_000; level += 1) deep = { '!': [deep] };
    expect(evaluateCondition(deep, context)).toMatchObject({ ok: false });
  });

  it('never throws and never changes its data, whatever it is handed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (condition, data) => {
        const before = JSON.stringify(data);
        const result = evaluateCondition(JSON.parse(JSON.stringify(condition)), JSON.parse(before));
        expect(typeof result.ok).toBe('boolean');
        expect(JSON.stringify(data)).toBe(before);
      }),
    );
  });
});
