import * as fc from 'fast-check';
import { SharedSlots } from './shared-slots.js';

it('one workspace alone gets half, and each that comes then gets some', () => {
  const slots = new SharedSlots(256);
  const shares = ['a', 'b', 'c', 'd'].map((workspace) => {
    const share = slots.freeFor(workspace);
    slots.take(workspace, share);
    return share;
  });
  expect(shares).toEqual([128, 64, 32, 16]);
});

it('of a single slot anybody gets it', () => {
  const slots = new SharedSlots(1);
  expect(slots.freeFor('a')).toBe(1);
  slots.take('a');
  expect([slots.freeFor('a'), slots.freeFor('b'), slots.isFull]).toEqual([0, 0, true]);
  slots.giveBack('a');
  expect(slots.freeFor('b')).toBe(1);
});

it('whoever takes what he may leaves a slot for a newcomer', () => {
  const workspace = fc.constantFrom('a', 'b', 'c');
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 64 }), fc.array(workspace), (capacity, takers) => {
      const slots = new SharedSlots(capacity);
      for (const taker of takers) if (slots.freeFor(taker) > 0) slots.take(taker);
      expect(slots.freeFor('newcomer')).toBeGreaterThan(0);
    }),
  );
});
