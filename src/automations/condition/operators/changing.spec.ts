import * as fc from 'fast-check';
import type { JsonValue } from '../../../json.js';
import { previousOf } from '../../context/context.js';
import { contextWith, give } from '../condition.fixture.js';

describe('operators that look at what changed', () => {
  type Changes = Record<string, { old: JsonValue; new: JsonValue }>;
  /** Before and now of `unit.name`, however the producer recorded it. */
  const on = (changes: Changes | null, data = { rank: 'Captain', unit: { name: 'B', size: 2 } }) =>
    contextWith({ data, changes, previous: previousOf(data, changes) });
  const spellings: [string, Changes][] = [
    ['its own path', { 'unit.name': { old: 'A', new: 'B' } }],
    ['its parent', { unit: { old: { name: 'A', size: 2 }, new: { name: 'B', size: 2 } } }],
  ];

  it.each(spellings)('finds a change recorded under %s', (_, changes) => {
    const context = on(changes);
    expect(give({ changed: 'unit.name' }, context)).toBe(true);
    expect(give({ changed: 'unit' }, context)).toBe(true);
    expect(give({ changed: 'unit.size' }, context)).toBe(false);
    expect(give({ changed: 'unit.name.first' }, context)).toBe(false);
    expect(give({ changed: 'unit.na' }, context)).toBe(false);
    expect(give({ changed: 'rank' }, context)).toBe(false);
    expect(give({ changed: [] }, context)).toBe(true);
    expect(give({ changed: ['rank', 'unit.name'] }, context)).toBe(true);
    expect(give({ changed_to: ['unit.name', 'B'] }, context)).toBe(true);
    expect(give({ changed_to: ['unit.name', 'A'] }, context)).toBe(false);
    expect(give({ changed_to: ['unit.size', 2] }, context)).toBe(false);
    expect(give({ changed_from: ['unit.name', 'A'] }, context)).toBe(true);
    expect(give({ changed_from: ['unit.name', 'B'] }, context)).toBe(false);
    expect(give({ was: 'unit.name' }, context)).toBe('A');
    expect(give({ was: 'unit.size' }, context)).toBe(2);
    expect(give({ was: 'rank' }, context)).toBe('Captain');
    expect(give({ was: 'unit' }, context)).toEqual({ name: 'A', size: 2 });
  });

  it('compares whole objects without regard to the order of their fields', () => {
    const unit = { old: { name: 'B', size: 1 }, new: { name: 'B', size: 2 } };
    const context = on({ unit });
    expect(give({ changed_to: ['unit', { var: 'data.unit' }] }, context)).toBe(true);
    expect(give({ changed_from: ['unit', { was: 'unit' }] }, context)).toBe(true);
    const swapped = { old: { size: 2, name: 'B' }, new: { name: 'B', size: 2 } };
    expect(give({ changed: 'unit' }, on({ unit: swapped }))).toBe(false);
  });

  it.each<[string, Changes | null]>([
    ['nothing is known', null],
    ['there are none', {}],
    ['a value stayed the same', { rank: { old: 'Captain', new: 'Captain' } }],
  ])('finds no change when %s', (_, changes) => {
    const context = on(changes);
    expect(give({ changed: [] }, context)).toBe(false);
    expect(give({ changed: 'rank' }, context)).toBe(false);
    expect(give({ changed_to: ['rank', 'Captain'] }, context)).toBe(false);
    expect(give({ changed_from: ['rank', 'Captain'] }, context)).toBe(false);
    expect(give({ was: 'rank' }, context)).toBe(changes === null ? null : 'Captain');
  });

  it('takes absent for null, and types apart', () => {
    const context = on({ rank: { old: null, new: 'Captain' }, age: { old: '5', new: 5 } });
    expect(give({ changed_from: ['rank', null] }, context)).toBe(true);
    expect(give({ changed: 'rank.short' }, context)).toBe(false);
    expect(give({ changed: 'age' }, context)).toBe(true);
    expect(give({ changed_to: ['age', '5'] }, context)).toBe(false);
    expect(give({ was: 'nothing.at.all' }, context)).toBeNull();
  });

  it('means the same inside of every loop', () => {
    const context = on({ rank: { old: 'Major', new: 'Captain' } });
    const rules: JsonValue[] = [
      { changed: 'rank' },
      { changed_to: ['rank', 'Captain'] },
      { changed_from: ['rank', 'Major'] },
      { was: 'rank' },
      { within_last: [{ var: '' }, '1h'] },
    ];
    const item = [{ rank: 'Private', changes: null, data: { rank: 'x' } }];
    for (const rule of rules.slice(0, 4)) {
      const outside = give(rule, context);
      expect(give({ map: [item, rule] }, context)).toEqual([outside]);
      expect(give({ map: [item, { map: [[1], rule] }] }, context)).toEqual([[outside]]);
      expect(give({ reduce: [item, rule, null] }, context)).toEqual(outside);
    }
    const times = ['2026-06-01T07:30:00Z', '2026-06-01T06:30:00Z'];
    expect(give({ filter: [times, { within_last: [{ var: '' }, '1h'] }] }, context)).toEqual([
      times[0],
    ]);
  });

  it('says of every field whether its value before is its value now', () => {
    const value = fc.constantFrom<JsonValue>(null, 1, '1', [1], { x: 1 });
    const changes = fc.dictionary(
      fc.constantFrom('rank', 'unit'),
      fc.record({ old: value, new: value }),
    );
    fc.assert(
      fc.property(changes, (given) => {
        const data = Object.fromEntries(Object.entries(given).map(([key, c]) => [key, c.new]));
        const context = contextWith({ data, changes: given, previous: previousOf(data, given) });
        for (const field of ['rank', 'unit']) {
          const same = give({ contains: [[{ was: field }], { var: `data.${field}` }] }, context);
          expect(give({ changed: field }, context)).toBe(!same);
        }
      }),
    );
  });
});
