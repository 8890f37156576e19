import { LruCache } from './lru-cache.js';

const cacheOf = (maxSize: number) => new LruCache<{ size: number }>(maxSize, ({ size }) => size);

describe('a cache', () => {
  it('gives up what was not used for longest, as soon as there is too much', () => {
    const cache = cacheOf(10);
    cache.set('a', { size: 4 });
    cache.set('b', { size: 4 });
    cache.get('a');
    cache.set('c', { size: 4 });
    expect(['a', 'b', 'c'].map((key) => cache.has(key))).toEqual([true, false, true]);
  });

  it('keeps what was set last, however large', () => {
    const cache = cacheOf(10);
    cache.set('small', { size: 1 });
    cache.set('large', { size: 1000 });
    expect(cache.has('small')).toBe(false);
    expect(cache.get('large')).toEqual({ size: 1000 });
  });

  it('sees that a value has grown when it is set again', () => {
    const cache = cacheOf(10);
    const growing = { size: 1 };
    cache.set('other', { size: 5 });
    cache.set('growing', growing);
    growing.size = 6;
    cache.set('growing', growing);
    expect(cache.has('other')).toBe(false);
    expect(cache.has('growing')).toBe(true);
  });

  it('counts a value once, however often it is set, and no more when it was given up', () => {
    const cache = cacheOf(10);
    for (const key of ['a', 'b', 'b', 'b', 'large', 'a']) {
      cache.set(key, { size: key === 'large' ? 100 : 5 });
    }
    cache.set('b', { size: 5 });
    expect(['a', 'b', 'large'].map((key) => cache.has(key))).toEqual([true, true, false]);
  });
});
