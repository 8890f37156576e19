import { Pool } from 'undici';
import { OriginPools } from './origin-pools.js';

const a = 'http://a.test';
const b = 'http://b.test';
const c = 'http://c.test';

describe('OriginPools', () => {
  let pools: OriginPools;

  beforeEach(() => {
    pools = new OriginPools((origin) => new Pool(origin), 2);
  });
  afterEach(() => pools.destroy());

  it('keeps one pool for each origin', () => {
    expect(pools.for(a)).toBe(pools.for(a));
    expect(pools.for(b)).not.toBe(pools.for(a));
    expect(pools.size).toBe(2);
  });

  it('closes the pool that was not used for longest when there are too many', () => {
    const [first, second] = [pools.for(a), pools.for(b)];
    pools.for(a);
    pools.for(c);
    expect([first.closed, second.closed]).toEqual([false, true]);
    expect(pools.size).toBe(2);
    expect(pools.for(b)).not.toBe(second);
  });

  it('closes what nobody used between two sweeps', () => {
    const [first, second] = [pools.for(a), pools.for(b)];
    pools.sweep();
    pools.for(b);
    pools.sweep();
    expect([first.closed, second.closed]).toEqual([true, false]);
    expect(pools.size).toBe(1);
  });

  it('opens a pool anew now and then, also one that is always in use', () => {
    const first = pools.for(a);
    for (let sweeps = 0; sweeps < 4; sweeps += 1) {
      pools.sweep();
      expect(pools.for(a)).toBe(first);
    }
    pools.sweep();
    expect(first.closed).toBe(true);
    expect(pools.for(a)).not.toBe(first);
  });

  it('destroys what it holds and what it is closing', async () => {
    const all = [pools.for(a), pools.for(b), pools.for(c)];
    await pools.destroy();
    expect(all.map((pool) => pool.destroyed)).toEqual([true, true, true]);
    expect(pools.size).toBe(0);
  });
});
