import * as fc from 'fast-check';
import { processorTime } from '../../../test/support/processor-time.js';
import { Context, previousOf } from './context.js';

describe('the record before', () => {
  it('is the data with every change set back', () => {
    const data = {
      name: 'Ada',
      rank: 'Captain',
      unit: { name: 'Alpha', size: 3 },
      tags: ['a', 'b'],
    };
    const before = JSON.stringify(data);
    const changes = {
      rank: { old: 'Private', new: 'Captain' },
      'unit.name': { old: 'Bravo', new: 'Alpha' },
      'unit.size': { old: 2, new: 3 },
      'tags.1': { old: 'x', new: 'b' },
      'address.city': { old: 'Kyiv', new: null },
    };
    expect(previousOf(data, changes)).toEqual({
      name: 'Ada',
      rank: 'Private',
      unit: { name: 'Bravo', size: 2 },
      tags: ['a', 'x'],
      address: { city: 'Kyiv' },
    });
    expect(JSON.stringify(data)).toBe(before);
  });

  it('is null when nothing is known to have changed', () => {
    expect(previousOf({ a: 1 }, null)).toBeNull();
    expect(previousOf({ a: 1 }, {})).toEqual({ a: 1 });
  });

  it('takes a key with dots for itself where the data has it', () => {
    const changes = { 'a.b': { old: 1, new: 2 } };
    expect(previousOf({ 'a.b': 2, a: { b: 3 } }, changes)).toEqual({ 'a.b': 1, a: { b: 3 } });
  });

  it('reaches no prototype, whatever a change is called', () => {
    const changes = JSON.parse(
      '{"__proto__.polluted": {"old": 1, "new": 2}, "constructor.prototype.polluted": {"old": 1, "new": 2}, "__proto__": {"old": {"x": 1}, "new": 2}}',
    ) as Parameters<typeof previousOf>[1];
    const previous = previousOf({}, changes);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Object.getPrototypeOf(previous)).toBe(Object.prototype);
  });

  it('costs no more than the record and its changes', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `field${index}`);
    const data = Object.fromEntries(names.map((name) => [name, 1]));
    const changes = Object.fromEntries(names.map((name) => [name, { old: 0, new: 1 }]));
    const { ms } = processorTime(() => {
      expect(previousOf(data, changes)?.['field19999']).toBe(0);
    });
    expect(ms).toBeLessThan(1_000);
  });

  it('never changes the event and never throws', () => {
    const key = fc.constantFrom('a', 'b', 'a.b', 'a.0', '__proto__', '', '.', 'length', 'a.length');
    const data = fc.dictionary(key, fc.jsonValue());
    const changes = fc.dictionary(key, fc.record({ old: fc.jsonValue(), new: fc.jsonValue() }));
    fc.assert(
      fc.property(data, changes, (record, changed) => {
        const before = JSON.stringify(record);
        previousOf(record as never, changed as never);
        expect(JSON.stringify(record)).toBe(before);
      }),
    );
  });
});

describe('a context', () => {
  it('makes a value once, when it is first read', () => {
    let made = 0;
    const context = new Context({ data: () => ({ made: ++made }), now: () => 'never read' });
    expect([context.get('data'), context.get('data')]).toEqual([{ made: 1 }, { made: 1 }]);
  });

  it('knows its own names and those of the context around it, and no inherited ones', () => {
    const outer = Context.of({ data: 1, now: 'outer' });
    const inner = new Context({ now: () => 'inner' }, outer);
    expect(inner.get('data')).toBe(1);
    expect(inner.get('now')).toBe('inner');
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(inner.get(name)).toBeUndefined();
    }
    expect(inner.toJSON()).toEqual({ data: 1, now: 'inner' });
  });
});
