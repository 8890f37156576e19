import { getEventListeners, once } from 'node:events';
import { later, unlessTold } from './unless-told.js';

const hangs = () => new Promise<never>(() => undefined);

describe('unlessTold', () => {
  it('gives what comes of the work, and what it throws', async () => {
    const told = new AbortController().signal;
    const broken = new Error('no');
    expect(await unlessTold(told, Promise.resolve('done'))).toBe('done');
    await expect(unlessTold(told, Promise.reject(broken))).rejects.toBe(broken);
  });

  it('waits no longer when it is told, before or meanwhile', async () => {
    const stop = new AbortController();
    const waiting = unlessTold(stop.signal, hangs());
    stop.abort('stop');
    await expect(waiting).rejects.toBe('stop');
    await expect(unlessTold(stop.signal, hangs())).rejects.toBe('stop');
  });

  it('leaves no listener behind, however the work ends', async () => {
    const stop = new AbortController();
    const listeners = () => getEventListeners(stop.signal, 'abort').length;
    await unlessTold(stop.signal, Promise.resolve());
    await unlessTold(stop.signal, Promise.reject(new Error('no'))).catch(() => undefined);
    expect(listeners()).toBe(0);
    const waiting = unlessTold(stop.signal, hangs());
    expect(listeners()).toBe(1);
    stop.abort('stop');
    await expect(waiting).rejects.toBe('stop');
    expect(listeners()).toBe(0);
  });
});

describe('later', () => {
  it('is aborted for the same reason, and not at once', async () => {
    const stop = new AbortController();
    const signals = [later(stop.signal, 20)];
    stop.abort('stop');
    signals.push(later(stop.signal, 20));
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    await Promise.all(signals.map((signal) => once(signal, 'abort')));
    expect(signals.map(({ reason }) => String(reason))).toEqual(['stop', 'stop']);
  });
});
