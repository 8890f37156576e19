import * as fc from 'fast-check';
import type { JsonValue } from '../../json.js';
import { Context } from '../context/context.js';
import { anyContext, anyRule, contextWith } from './condition.fixture.js';
import { evaluateCondition } from './index.js';

const context = contextWith();

function matched(condition: JsonValue, on: Context): unknown {
  const result = evaluateCondition(condition, on);
  return result.ok ? result.matched : result.fault;
}

describe('evaluateCondition', () => {
  it.each<[JsonValue, boolean]>([
    [{ '>=': [{ var: 'data.points' }, 100] }, true],
    [{ '>=': [{ var: 'data.points' }, 121] }, false],
    [{ in: ['pilot', { var: 'data.tags' }] }, true],
    [{ '==': [{ var: 'changes.rank.new' }, 'Captain'] }, true],
    [{ '!!': [{ var: 'actor' }] }, false],
    [{ var: 'data.absent' }, false],
    [{ filter: [{ var: 'data.tags' }, { '==': [{ var: '' }, 'z'] }] }, false],
    [{ cat: ['0'] }, true],
    [false, false],
  ])('%j matches: %s', (condition, expected) => {
    expect(matched(condition, context)).toBe(expected);
  });

  it('reads names of its context, outer ones too, and nothing else of it', () => {
    const inner = new Context({ webhook: () => ({ name: 'Discord' }) }, context);
    expect(matched({ '==': [{ var: 'webhook.name' }, 'Discord'] }, inner)).toBe(true);
    expect(matched({ '==': [{ var: 'data.rank' }, 'Captain'] }, inner)).toBe(true);
    for (const name of ['makers', 'outer', 'get', 'toJSON', 'constructor', '__proto__']) {
      expect(matched({ '===': [{ var: name }, null] }, inner)).toBe(true);
    }
  });

  it('gives all of it as plain data for the empty path', () => {
    expect(matched({ '==': [{ length: { var: '' } }, 7] }, context)).toBe(true);
    const name = { map: [[1], { var: '' }] };
    expect(matched({ '==': [{ cat: [name] }, '1'] }, context)).toBe(true);
  });

  it('makes only those values that it reads', () => {
    const made: string[] = [];
    const maker = (name: string) => () => (made.push(name), { x: 1 });
    const lazy = new Context({ data: maker('data'), previous: maker('previous') });
    expect(matched({ '==': [{ var: 'data.x' }, 1] }, lazy)).toBe(true);
    expect(made).toEqual(['data']);
  });

  it('has its full number of steps again on each call', () => {
    const condition = { '+': [1, 1] };
    for (let call = 0; call < 5; call += 1) {
      expect(evaluateCondition(condition, context, { steps: 3 })).toEqual({
        ok: true,
        matched: true,
      });
    }
    expect(evaluateCondition(condition, context, { steps: 2 })).toMatchObject({ ok: false });
  });

  it('allows an everyday loop over a thousand items', () => {
    const members = Array.from({ length: 1000 }, (_, id) => ({ id, rank: { name: 'Private' } }));
    const condition: JsonValue = {
      some: [
        { var: 'data.members' },
        { and: [{ '==': [{ var: 'rank.name' }, 'Private'] }, { '>': [{ var: 'id' }, 998] }] },
      ],
    };
    expect(matched(condition, Context.of({ data: { members } }))).toBe(true);
  });

  it('reads an object as "[object Object]", whatever its fields are called', () => {
    const odd = { toString: 'x', valueOf: 5, name: 'Alpha' };
    const on = Context.of({ data: { odd, list: [1, odd], plain: {} } });
    const value = { var: 'data.odd' };
    const text = '[object Object]';
    const conditions: JsonValue[] = [
      { '==': [value, text] },
      { '==': [{ cat: ['<', value, '>'] }, `<${text}>`] },
      { '==': [{ var: 'data.list' }, `1,${text}`] },
      { '==': [{ substr: [value, 1, 6] }, 'object'] },
      { '!': { '<': [value, 5] } },
      { '!': { '>=': [{ max: [value, 1] }, 0] } },
      { '!': { '>=': [{ '+': [value, 1] }, 0] } },
      { in: [value, `an ${text}`] },
      { some: [{ var: 'data.list' }, { '==': [{ var: '' }, text] }] },
      // It is still what it was.
      { '==': [{ var: 'data.odd.toString' }, 'x'] },
      { '==': [{ length: value }, 3] },
      { intersects: [value, [value]] },
      { '!': { intersects: [value, [{ var: 'data.plain' }]] } },
    ];
    for (const condition of conditions) {
      expect(evaluateCondition(condition, on)).toEqual({ ok: true, matched: true });
    }
    expect(JSON.stringify(on)).toBe(JSON.stringify({ data: { odd, list: [1, odd], plain: {} } }));
  });

  it('names no value of the event in a fault', () => {
    const hidden = Context.of({ data: { text: 'secret-value' } });
    const unchecked = { no_operator: [{ var: 'data.text' }] };
    const result = evaluateCondition(unchecked, hidden);
    expect(result).toMatchObject({ ok: false, fault: { code: 'condition_failed' } });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it('makes a fault of a condition that nobody checked', () => {
    const unchecked: JsonValue[] = [{ log: 'x' }, { 'log.prototype.constructor': ['x'] }];
    let deep: JsonValue = 1;
    for (let level = 0; level < 20_000; level += 1) deep = { '!': [deep] };
    for (const condition of [...unchecked, deep]) {
      expect(evaluateCondition(condition, context)).toMatchObject({
        ok: false,
        fault: { code: 'condition_failed' },
      });
    }
  });

  it('never throws, whatever rule and context it is handed', () => {
    fc.assert(
      fc.property(anyRule, anyContext, (rule, on) => {
        expect(typeof evaluateCondition(rule, on).ok).toBe('boolean');
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (rule, data) => {
        const plain = JSON.parse(JSON.stringify([rule, data]));
        const result = evaluateCondition(plain[0], Context.of({ data: plain[1] }));
        expect(typeof result.ok).toBe('boolean');
      }),
    );
  });

  it('never changes its data, and gives the same answer again', () => {
    fc.assert(
      fc.property(anyRule, anyContext, (rule, on) => {
        const before = JSON.stringify(on);
        const first = evaluateCondition(rule, on);
        expect(evaluateCondition(rule, on)).toEqual(first);
        expect(JSON.stringify(on)).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  it('holds any limit of steps, and one that is greater changes no answer', () => {
    fc.assert(
      fc.property(anyRule, anyContext, fc.nat(60), (rule, on, steps) => {
        const [limited, full] = [{ steps }, undefined].map((l) => evaluateCondition(rule, on, l));
        const stopped = { ok: false, fault: { code: 'condition_too_costly' } };
        const isStopped = JSON.stringify(limited).includes(stopped.fault.code);
        expect(limited).toMatchObject(isStopped ? stopped : { ...full });
      }),
      { numRuns: 500 },
    );
  });
});
