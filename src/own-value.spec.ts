import { ownValue, valueAt } from './own-value.js';

describe('an own value', () => {
  it.each<[unknown, string, unknown]>([
    [{ rank: 'SGT' }, 'rank', 'SGT'],
    [{ rank: null }, 'rank', null],
    [['a', 'b'], '1', 'b'],
    [['a', 'b'], 'length', 2],
    ['SGT', '0', 'S'],
    ['SGT', 'length', 3],
    [JSON.parse('{"__proto__": 1}'), '__proto__', 1],
    [{ constructor: 2 }, 'constructor', 2],
  ])('of %j under %s is %j', (holder, key, value) => {
    expect(ownValue(holder, key)).toEqual(value);
  });

  it.each<[unknown, string]>([
    [{}, 'constructor'],
    [{}, '__proto__'],
    [[], 'map'],
    ['SGT', 'at'],
    [7, 'toFixed'],
    [null, 'rank'],
    [undefined, 'rank'],
  ])('of %j under %s does not exist', (holder, key) => {
    expect(ownValue(holder, key)).toBeUndefined();
  });
});

describe('the value at a path', () => {
  it('is what it leads to', () => {
    expect(valueAt({ unit: { names: ['Alpha'] } }, ['unit', 'names', '0'])).toBe('Alpha');
    expect(valueAt({ unit: null }, ['unit'])).toBeNull();
    expect(valueAt('as it is', [])).toBe('as it is');
  });

  it.each([[{ unit: null }], [{}], [null]])('does not exist beyond nothing: in %j', (from) => {
    expect(valueAt(from, ['unit', 'name'])).toBeUndefined();
  });

  it('is not looked for any further, however long the path', () => {
    let keys = 0;
    function* path(): Generator<string> {
      while (keys < 1000) yield `key ${keys++}`;
    }
    expect(valueAt({ 'key 0': {} }, path())).toBeUndefined();
    expect(keys).toBeLessThan(5);
  });
});
