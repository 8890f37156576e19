import { jest } from '@jest/globals';
import * as fc from 'fast-check';
import { matchesTrigger, type StoredEvent } from '../../event-bus/index.js';
import type { JsonValue } from '../../json.js';
import { evaluateCondition } from '../condition/index.js';
import { eventContext } from '../context/context.js';
import { compareRules, isConcerned, type Rule } from './rule.js';
import { RuleIndex } from './rule-index.js';
import { automationRule, event, rule, storedEvent } from './rules.fixture.js';

const WORKSPACE = { id: 'workspace', name: 'workspace', timeZone: 'UTC' };

const contextOf = (of: StoredEvent) => eventContext(of, WORKSPACE, of.createdAt);

function indexOf(rules: Iterable<Rule>): RuleIndex {
  const index = new RuleIndex();
  for (const each of rules) index.put(each);
  return index;
}

const candidates = (index: RuleIndex, of: StoredEvent): Rule[] =>
  index.candidates(of.type, contextOf(of));

function matches(each: Rule, of: StoredEvent): boolean {
  if (!isConcerned(each, of)) return false;
  if (each.condition === null) return true;
  const result = evaluateCondition(each.condition, contextOf(of));
  return result.ok && result.matched;
}

/** How often one look-up reads the event. */
function readsOf(index: RuleIndex, of: StoredEvent): number {
  const context = contextOf(of);
  const reads = jest.spyOn(context, 'get');
  index.candidates(of.type, context);
  return reads.mock.calls.length;
}

/** Those candidates that do match. */
const matchingOnes = (index: RuleIndex, of: StoredEvent): Rule[] =>
  candidates(index, of).filter((each) => matches(each, of));

const rules = fc.uniqueArray(rule, { selector: ({ id }) => id, maxLength: 6 });
const edit = fc.oneof(
  { weight: 3, arbitrary: rule.map((put) => ({ put })) },
  rule.map(({ id }) => ({ remove: id })),
);

describe('the candidates for an event', () => {
  it('are in running order, and every rule that matches is among them', () => {
    fc.assert(
      fc.property(rules, event, (all, of) => {
        const found = candidates(indexOf(all), of);
        expect(found).toEqual(found.toSorted(compareRules));
        expect(new Set(found).size).toBe(found.length);
        expect(found.every((each) => isConcerned(each, of))).toBe(true);
        const matching = all.filter((each) => matches(each, of)).toSorted(compareRules);
        expect(found.filter((each) => matching.includes(each))).toEqual(matching);
      }),
      { numRuns: 600 },
    );
  });

  it('are the same after edits as after a new start', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 20 }), fc.array(event), (edits, events) => {
        const edited = new RuleIndex();
        const left = new Map<string, Rule>();
        for (const { put, remove } of edits as { put?: Rule; remove?: string }[]) {
          if (put) edited.put(put);
          if (put) left.set(put.id, put);
          if (remove !== undefined) edited.delete(remove);
          if (remove !== undefined) left.delete(remove);
        }
        const fresh = indexOf(left.values());
        expect([...edited]).toEqual([...fresh]);
        expect(edited.bytes).toBe(fresh.bytes);
        for (const of of events) expect(matchingOnes(edited, of)).toEqual(matchingOnes(fresh, of));
      }),
    );
  });

  it('are only those whose every equality holds', () => {
    const index = indexOf([
      automationRule({ id: 'both', condition: both(is('status', 'open'), is('unit', 7)) }),
      automationRule({ id: 'unit', condition: both(is('status', 'open'), is('unit', 8)) }),
      automationRule({ id: 'status', condition: both(is('status', 'shut'), is('unit', 7)) }),
      automationRule({ id: 'either', condition: { or: [is('unit', 7), is('unit', 9)] } }),
      automationRule({ id: 'list', condition: { in: [{ var: 'data.unit' }, [7, 9]] } }),
      automationRule({ id: 'absent', condition: is('nowhere', 'x') }),
      automationRule({ id: 'unknown', condition: { '>': [{ var: 'data.unit' }, 100] } }),
      automationRule({ id: 'other type', triggers: ['user.updated'] }),
    ]);
    const found = candidates(index, storedEvent({ data: { status: 'open', unit: 7 } }));
    expect(found.map(({ id }) => id)).toEqual(['both', 'either', 'list', 'unknown']);
  });

  it('are found without a look at any other rule', () => {
    const index = new RuleIndex();
    const looked: string[] = [];
    for (let number = 0; number < 100; number++) {
      const plain = automationRule({ id: `rule ${number}`, condition: is('unit', number) });
      index.put(
        new Proxy(plain, {
          get: (target, property, receiver) => {
            looked.push(target.id);
            return Reflect.get(target, property, receiver) as unknown;
          },
        }),
      );
    }
    looked.length = 0;
    expect(candidates(index, storedEvent({ data: { unit: 42 } })).map(({ id }) => id)).toEqual([
      'rule 42',
    ]);
    expect(new Set(looked)).toEqual(new Set(['rule 42']));
    looked.length = 0;
    expect(candidates(index, storedEvent({ data: { unit: 'none' } }))).toEqual([]);
    expect(looked).toEqual([]);
  });

  it('come in order where there are thousands of them', () => {
    const numbers = Array.from({ length: 3000 }, (_, number) => (number * 7919) % 3000);
    const index = indexOf(
      numbers.map((number) =>
        automationRule({
          id: String(number).padStart(4, '0'),
          priority: number % 3,
          triggers: ['user.created', 'user.*'],
        }),
      ),
    );
    const found = candidates(index, storedEvent());
    expect(found).toHaveLength(3000);
    expect(found).toEqual(found.toSorted(compareRules));
  });
});

describe('the limits', () => {
  it('let ten thousand rules with a path each be asked by few looks at the event', () => {
    const index = new RuleIndex();
    for (let number = 0; number < 10_000; number++) {
      index.put(automationRule({ id: String(number), condition: is(`field ${number}`, 1) }));
    }
    const of = storedEvent({ data: { 'field 0': 1, 'field 9999': 1 } });
    expect(readsOf(index, of)).toBeLessThan(100);
    const found = candidates(index, of).map(({ id }) => id);
    expect(found).toEqual(expect.arrayContaining(['0', '9999']));
    expect(found).not.toContain('1');
  });

  it('hold on every way down, where one event meets the first equalities of all rules', () => {
    const numbers = Array.from({ length: 40 }, (_, number) => number);
    const conditions = numbers.flatMap((one) =>
      numbers.flatMap((other) =>
        numbers
          .slice(0, 4)
          .map((last) =>
            both(is(`a${one}`, 1), is(`b${other}`, 1), is(`c${one} ${other} ${last}`, 2)),
          ),
      ),
    );
    const index = indexOf(
      conditions.map((condition, number) => automationRule({ id: `${number}`, condition })),
    );
    const names = numbers.flatMap((number) => [`a${number}`, `b${number}`]);
    const of = storedEvent({ data: Object.fromEntries(names.map((name) => [name, 1])) });
    expect(conditions).toHaveLength(6400);
    expect(readsOf(index, of)).toBeLessThan(1000);
  });

  it('hold for a list, which may equal any text', () => {
    const index = indexOf(
      Array.from({ length: 1000 }, (_, number) =>
        automationRule({
          id: `${number}`,
          condition: both(is('unit', `u${number}`), is(`v${number}`, 1)),
        }),
      ),
    );
    const of = storedEvent({ data: { unit: ['u7'], v7: 1 } });
    expect(readsOf(index, of)).toBeLessThan(100);
    expect(matchingOnes(index, of).map(({ id }) => id)).toEqual(['7']);
  });

  it('read a path of the event once, however many rules ask for it', () => {
    const index = indexOf(
      Array.from({ length: 50 }, (_, number) =>
        automationRule({ id: `${number}`, condition: both(is(`a${number}`, 1), is('z', number)) }),
      ),
    );
    const data = Object.fromEntries(Array.from({ length: 50 }, (_, number) => [`a${number}`, 1]));
    expect(readsOf(index, storedEvent({ data: { ...data, z: 7 } }))).toBeLessThan(60);
    expect(candidates(index, storedEvent({ data: { ...data, z: 7 } }))).toHaveLength(1);
  });

  it('let rules come and go that found no room, and find each while it is there', () => {
    const field = fc.nat(80).map((number) => `f${number}`);
    const equalities = fc.uniqueArray(field, { minLength: 1, maxLength: 3 });
    const crowd = fc.array(fc.tuple(equalities, fc.boolean()), { minLength: 80, maxLength: 150 });
    fc.assert(
      fc.property(crowd, (all) => {
        const made = all.map(([names], number) =>
          automationRule({
            id: String(number).padStart(3, '0'),
            condition: both(...names.map((name) => is(name, 1))),
          }),
        );
        const index = indexOf(made);
        const left = made.filter((_, number) => all[number]?.[1]);
        for (const each of made) {
          if (left.includes(each)) index.put({ ...each, revision: 2 });
          else index.delete(each.id);
        }
        for (const names of [['f0', 'f1', 'f2'], all[0]?.[0] ?? [], all.at(-1)?.[0] ?? []]) {
          const of = storedEvent({ data: Object.fromEntries(names.map((name) => [name, 1])) });
          const ids = matchingOnes(index, of).map(({ id }) => id);
          expect(ids).toEqual(left.filter((each) => matches(each, of)).map(({ id }) => id));
        }
        for (const { id } of left) index.delete(id);
        expect(candidates(index, storedEvent({ data: {} }))).toEqual([]);
        expect(index.bytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('count the memory of every place that a rule takes', () => {
    const fewKeys = indexOf([automationRule({ condition: { in: [{ var: 'data.unit' }, [1]] } })]);
    const values = Array.from({ length: 30 }, (_, number) => number);
    const manyKeys = indexOf([
      automationRule({ condition: { in: [{ var: 'data.unit' }, values] } }),
    ]);
    expect(manyKeys.bytes - fewKeys.bytes).toBeGreaterThan(29 * 1024);
    const triggers = values.map((number) => `type${number}.x`);
    const many = indexOf([automationRule({ triggers })]).bytes;
    expect(many - indexOf([automationRule()]).bytes).toBeGreaterThanOrEqual(29 * 1024);
  });

  it('keep a rule of very many values in the index, as one to be always evaluated', () => {
    const values = Array.from({ length: 500 }, (_, number) => number);
    const index = indexOf([automationRule({ condition: { in: [{ var: 'data.unit' }, values] } })]);
    expect(candidates(index, storedEvent({ data: { unit: 499 } }))).toHaveLength(1);
    expect(candidates(index, storedEvent({ data: { unit: 500 } }))).toHaveLength(1);
  });

  it('leave nothing behind when all rules are gone', () => {
    const index = indexOf([
      automationRule({ id: 'a', condition: is('unit', 1) }),
      automationRule({ id: 'b', triggers: ['*', 'user.*'] }),
    ]);
    index.delete('a');
    index.delete('b');
    index.delete('never there');
    expect([...index]).toEqual([]);
    expect(index.bytes).toBe(0);
  });
});

it('fires every trigger that covers a type', () => {
  const segment = fc.stringMatching(/^[ab]{1,2}$/);
  const type = fc.array(segment, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('.'));
  const trigger = fc.oneof(
    type,
    fc.constant('*'),
    fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join('.')}.*`),
    fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => `*.${parts.join('.')}`),
  );
  fc.assert(
    fc.property(type, trigger, (fired, of) => {
      const index = indexOf([automationRule({ triggers: [of] })]);
      const found = candidates(index, storedEvent({ type: fired }));
      expect(found.length === 1).toBe(matchesTrigger(of, fired));
    }),
  );
});

function is(field: string, value: JsonValue): JsonValue {
  return { '==': [{ var: `data.${field}` }, value] };
}

function both(...conditions: JsonValue[]): JsonValue {
  return { and: conditions };
}
