import { endsWithin, Undo } from './undo.js';

const hangs = () => new Promise<void>(() => undefined);

/** The message of each error; the log shows the message of all of them. */
function messagesOf(error: unknown): string[] {
  if (!(error instanceof AggregateError)) throw error;
  const messages = error.errors.map(({ message }: Error) => message);
  expect(error.message).toBe(messages.join('; '));
  return messages;
}

describe('Undo', () => {
  it('undoes the last step first, each when the one before has ended', async () => {
    const undo = new Undo();
    const done: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      undo.add(name, async () => {
        done.push(`${name} begins`);
        await Promise.resolve();
        done.push(`${name} ends`);
      });
    }
    await undo.all(1_000);
    expect(done).toEqual([
      'third begins',
      'third ends',
      'second begins',
      'second ends',
      'first begins',
      'first ends',
    ]);
  });

  it('undoes nothing twice', async () => {
    const undo = new Undo();
    let times = 0;
    undo.add('it', () => Promise.resolve((times += 1)));
    await undo.all(1_000);
    await undo.all(1_000);
    expect(times).toBe(1);
  });

  it('goes on when a step fails or hangs, and names both', async () => {
    const undo = new Undo();
    const done: string[] = [];
    undo.add('the first', () => Promise.resolve(done.push('first')));
    undo.add('the broken one', () => Promise.reject(new Error('no')));
    undo.add('the hanging one', hangs);
    undo.add('the one that throws', () => {
      throw new Error('at once');
    });
    const started = performance.now();
    const error: unknown = await undo.all(50).catch((thrown: unknown) => thrown);
    expect(messagesOf(error)).toEqual([
      'the one that throws could not be stopped: at once',
      'the hanging one could not be stopped in time',
      'the broken one could not be stopped: no',
    ]);
    expect(done).toEqual(['first']);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('waits for a step that has a limit of its own', async () => {
    const undo = new Undo();
    let isDone = false;
    const takesLonger = async () => {
      await endsWithin(600, hangs());
      isDone = true;
    };
    undo.add('the database', takesLonger, { isWaitedFor: true });
    await undo.all(0);
    expect(isDone).toBe(true);
  });
});

describe('endsWithin', () => {
  it('is true for what ends, well or not, and false for what does not', async () => {
    expect(await endsWithin(1_000, Promise.resolve())).toBe(true);
    expect(await endsWithin(1_000, Promise.reject(new Error('no')))).toBe(true);
    expect(await endsWithin(10, hangs())).toBe(false);
  });
});
