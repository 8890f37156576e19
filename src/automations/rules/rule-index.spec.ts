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
      { numRuns: 3000 },
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
        for (const of of events) expect(candidates(edited, of)).toEqual(candidates(fresh, of));
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
