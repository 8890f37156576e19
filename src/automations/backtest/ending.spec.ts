import { EventEmitter, once } from 'node:events';
import { Ending } from './ending.js';

const OVER = new Error('over');

/** Gives 1, then waits for ever; and whether it was ended. */
function stuck() {
  const state = { isEnded: false };
  const door = new EventEmitter();
  async function* steps() {
    try {
      yield 1;
      await once(door, 'open');
      yield 2;
    } finally {
      state.isEnded = true;
    }
  }
  return { steps: steps(), go: () => door.emit('open'), state };
}

describe('what is under way', () => {
  it('goes on to its end when nothing ends it', async () => {
    const { steps, go } = stuck();
    const taken: number[] = [];
    for await (const step of new Ending().until(steps)) {
      taken.push(step);
      setImmediate(go);
    }
    expect(taken).toEqual([1, 2]);
  });

  it('ends at once, though its step does not', async () => {
    const ending = new Ending();
    const { steps, go, state } = stuck();
    const running = ending.until(steps);
    await running.next();
    const next = running.next();
    ending.end(OVER);
    await expect(next).rejects.toBe(OVER);
    go();
    await steps.return(undefined);
    expect(state.isEnded).toBe(true);
  });

  it('ends between two steps', async () => {
    const ending = new Ending();
    const running = ending.until(stuck().steps);
    await running.next();
    ending.end(OVER);
    await expect(running.next()).rejects.toBe(OVER);
  });

  it('ends its steps when nobody asks for more', async () => {
    const { steps, state } = stuck();
    const running = new Ending().until(steps);
    await running.next();
    await running.return(undefined);
    expect(await steps.next()).toEqual({ value: undefined, done: true });
    expect(state.isEnded).toBe(true);
  });
});
