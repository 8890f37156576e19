import { setImmediate as turn } from 'node:timers/promises';
import { Turnstile } from './turnstile.js';

/** Work of somebody that ends when the test says so. */
function visits(turnstile: Turnstile) {
  const inside: string[] = [];
  const leave = new Map<string, (error?: Error) => void>();
  const enter = (group: string, who: string) =>
    turnstile.pass(group, () => {
      inside.push(who);
      return new Promise<string>((resolve, reject) =>
        leave.set(who, (error) => (error ? reject(error) : resolve(who))),
      );
    });
  return { inside, leave, enter };
}

describe('Turnstile', () => {
  it('lets so many of a group in, and the next when one leaves, in their order', async () => {
    const { inside, leave, enter } = visits(new Turnstile({ inside: 2, inLine: 10 }));
    const first = enter('a', '1');
    for (const who of ['2', '3', '4']) void enter('a', who);
    expect(inside).toEqual(['1', '2']);
    leave.get('1')?.();
    expect(await first).toEqual({ result: '1' });
    await turn();
    expect(inside).toEqual(['1', '2', '3']);
    leave.get('2')?.();
    await turn();
    expect(inside).toEqual(['1', '2', '3', '4']);
  });

  it('lets others in meanwhile', () => {
    const { inside, enter } = visits(new Turnstile({ inside: 1, inLine: 10 }));
    for (const who of ['1', '2']) void enter('a', who);
    void enter('b', '3');
    expect(inside).toEqual(['1', '3']);
  });

  it('sends away whoever finds a full line', async () => {
    const { inside, leave, enter } = visits(new Turnstile({ inside: 1, inLine: 1 }));
    void enter('a', '1');
    const waiting = enter('a', '2');
    expect(await enter('a', '3')).toBeUndefined();
    leave.get('1')?.();
    await turn();
    leave.get('2')?.();
    expect(await waiting).toEqual({ result: '2' });
    expect(inside).toEqual(['1', '2']);
  });

  it('gives the place of work that failed to the next, and keeps nothing of a group that has left', async () => {
    const { inside, leave, enter } = visits(new Turnstile({ inside: 1, inLine: 1 }));
    const failing = enter('a', '1');
    void enter('a', '2');
    leave.get('1')?.(new Error('no'));
    await expect(failing).rejects.toThrow('no');
    await turn();
    leave.get('2')?.();
    await turn();
    void enter('a', '3');
    expect(inside).toEqual(['1', '2', '3']);
  });

  it('sends away whoever has waited too long, and gives the place to the next', async () => {
    const { inside, leave, enter } = visits(new Turnstile({ inside: 1, waitMs: 20 }));
    void enter('a', '1');
    expect(await enter('a', '2')).toBeUndefined();
    const third = enter('a', '3');
    leave.get('1')?.();
    await turn();
    expect(inside).toEqual(['1', '3']);
    leave.get('3')?.();
    expect(await third).toEqual({ result: '3' });
  });
});
