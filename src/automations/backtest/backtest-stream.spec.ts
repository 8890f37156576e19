import { text } from 'node:stream/consumers';
import { BugleError } from '../../errors.js';
import { eventStream, lastStep } from './backtest-stream.js';

const toData = ({ value }: Step) => ({ value });

interface Step {
  kind: string;
  value: number;
}

/** Steps 1, 2, 3, and whether they were ended. */
function counting(fail = false) {
  const state = { isEnded: false };
  async function* steps(): AsyncGenerator<Step> {
    try {
      for (const value of [1, 2, 3]) yield { kind: 'progress', value };
      if (fail) await Promise.reject(new BugleError(500, 'broken', 'It broke.'));
    } finally {
      state.isEnded = true;
    }
  }
  return { state, steps: steps() };
}

/** The steps with the first one taken, as a stream gets them. */
async function begun(fail = false) {
  const { state, steps } = counting(fail);
  const { value } = await steps.next();
  const first: Step = value ?? { kind: 'none', value: 0 };
  return { state, steps, first };
}

describe('steps as Server-Sent Events', () => {
  it('are named by their kind', async () => {
    const { steps, first, state } = await begun();
    expect(await text(eventStream(first, steps, toData))).toBe(
      [1, 2, 3].map((value) => `event: progress\ndata: {"value":${value}}\n\n`).join(''),
    );
    expect(state.isEnded).toBe(true);
  });

  it('end with an error event when they fail', async () => {
    const { steps, first } = await begun(true);
    const [last] = (await text(eventStream(first, steps, toData))).split('\n\n').slice(-2);
    expect(last).toBe('event: error\ndata: {"code":"broken","message":"It broke."}');
  });

  it('are ended when the stream is destroyed, even before it was read', async () => {
    const { steps, first, state } = await begun();
    const stream = eventStream(first, steps, toData);
    await new Promise((resolve) => stream.once('close', resolve).destroy());
    expect(await steps.next()).toEqual({ value: undefined, done: true });
    expect(state.isEnded).toBe(true);
  });
});

describe('the last step', () => {
  it('is waited for', async () => {
    const { steps, first } = await begun();
    expect(await lastStep(first, steps, () => false)).toMatchObject({ value: 3 });
  });

  it('is not, once nobody waits', async () => {
    const { steps, first, state } = await begun();
    expect(await lastStep(first, steps, () => true)).toBeUndefined();
    expect(state.isEnded).toBe(true);
  });
});
