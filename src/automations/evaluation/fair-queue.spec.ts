import * as fc from 'fast-check';
import { FairQueue } from './fair-queue.js';

describe('a fair queue', () => {
  it('keeps the order of one tenant', () => {
    const queue = new FairQueue<number>();
    queue.push('a', [1, 2]);
    queue.push('a', [3]);
    expect(queue.take(2).map(({ item }) => item)).toEqual([1, 2]);
    expect(queue.take(9).map(({ item }) => item)).toEqual([3]);
    expect(queue.take(9)).toEqual([]);
  });

  it('takes turns between tenants of the same cost', () => {
    const queue = new FairQueue<string>();
    queue.push('a', ['a1', 'a2', 'a3']);
    queue.push('b', ['b1', 'b2', 'b3']);
    const order = Array.from({ length: 6 }, () => queue.take(1)[0]?.item ?? '');
    expect(order).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
  });

  it('gives items of one tenant together, as many as are worth the time', () => {
    const queue = new FairQueue<string>();
    queue.push('a', ['a1', 'a2', 'a3', 'a4']);
    queue.push('b', ['b1']);
    for (const taken of queue.take(1)) queue.ended(taken, 10);
    expect(queue.take(9).map(({ item }) => item)).toEqual(['b1']);
    // One of them has taken 10 ms, so they are expected to take about 2.
    expect(queue.take(9, 4).map(({ item }) => item)).toEqual(['a2', 'a3']);
  });

  it('serves a newcomer before somebody whose items were slow', () => {
    const queue = new FairQueue<string>();
    queue.push(
      'slow',
      Array.from({ length: 100 }, (_, index) => `slow${index}`),
    );
    for (const taken of queue.take(5)) queue.ended(taken, 50);
    queue.push('quick', ['q1', 'q2']);
    expect(queue.take(3).map(({ item }) => item)).toEqual(['q1', 'q2']);
    expect(queue.take(1).map(({ item }) => item)).toEqual(['slow5']);
  });

  it('is not outwitted by somebody who comes with one slow item at a time', () => {
    const queue = new FairQueue<string>();
    const served: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      queue.push('slow', ['slow']);
      queue.push('quick', ['quick']);
      const [taken] = queue.take(1);
      if (!taken) continue;
      served.push(taken.tenant);
      queue.ended(taken, taken.tenant === 'slow' ? 100 : 1);
    }
    expect(served.filter((tenant) => tenant === 'slow').length).toBeLessThan(4);
  });

  it('gives up what waits of a tenant', () => {
    const queue = new FairQueue<string>();
    queue.push('a', ['a1', 'a2']);
    queue.push('b', ['b1']);
    expect(queue.withdraw('a')).toEqual(['a1', 'a2']);
    expect(queue.size).toBe(1);
  });

  it('shares time and not turns', () => {
    const queue = new FairQueue<string>();
    const used = { slow: 0, quick: 0 };
    for (let round = 0; round < 2000; round += 1) {
      queue.push('slow', ['slow']);
      queue.push('quick', ['quick', 'quick']);
      const [taken] = queue.take(1);
      const took = taken?.tenant === 'slow' ? 10 : 1;
      if (taken) queue.ended(taken, took);
      if (taken?.tenant === 'slow') used.slow += took;
      else used.quick += took;
    }
    expect(used.slow / used.quick).toBeGreaterThan(0.8);
    expect(used.slow / used.quick).toBeLessThan(1.25);
  });

  it('gives no credit for having been away', () => {
    const queue = new FairQueue<string>();
    queue.push('busy', ['b']);
    for (let round = 0; round < 100; round += 1) {
      queue.push('busy', ['b']);
      for (const taken of queue.take(1)) queue.ended(taken, 10);
    }
    queue.push(
      'back',
      Array.from({ length: 10 }, () => 'x'),
    );
    const order: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      queue.push('busy', ['b']);
      for (const taken of queue.take(1)) {
        order.push(taken.tenant);
        queue.ended(taken, 10);
      }
    }
    expect(order.filter((tenant) => tenant === 'busy').length).toBeGreaterThanOrEqual(1);
  });

  it('puts back what did not run, in its order and at its place', () => {
    const queue = new FairQueue<number>();
    queue.push('a', [1, 2, 3, 4]);
    const [first, ...rest] = queue.take(3);
    if (first) queue.ended(first, 5);
    queue.putBack(rest);
    expect(queue.take(9).map(({ item }) => item)).toEqual([2, 3, 4]);
  });

  it('loses nothing and doubles nothing, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ push: fc.constantFrom('a', 'b', 'c'), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ take: fc.integer({ min: 1, max: 6 }), run: fc.integer({ min: 0, max: 6 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new FairQueue<number>();
        const ran: number[] = [];
        let pushed = 0;
        for (const each of steps) {
          if ('push' in each) {
            queue.push(
              each.push,
              Array.from({ length: each.count }, () => pushed++),
            );
            continue;
          }
          const taken = queue.take(each.take);
          for (const one of taken.slice(0, each.run)) {
            ran.push(one.item);
            queue.ended(one, one.item % 7);
          }
          queue.putBack(taken.slice(each.run));
        }
        while (queue.size > 0) for (const one of queue.take(1000)) ran.push(one.item);
        expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: pushed }, (_, i) => i));
      }),
    );
  });
});
