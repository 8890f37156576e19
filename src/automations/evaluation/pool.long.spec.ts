import { until } from '../../../test/support/until.js';
import type { Task } from './messages.js';
import { EvaluationPool, type PoolOptions } from './pool.js';
import { threadSettings, trialOf } from './trial.fixture.js';

interface ThreadEnd {
  ended: string;
  tasks: number;
}

let pools: EvaluationPool[] = [];
let ends: ThreadEnd[] = [];
let failures: unknown[] = [];

afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.stop()));
  pools = [];
  ends = [];
  failures = [];
});

describe('the evaluation pool', () => {
  it('answers in the order of the tasks', async () => {
    const templates = Array.from({ length: 300 }, (_, index) => `body ${index}`);
    expect(await bodies(newPool({ threads: 2 }), 'workspace', templates)).toEqual(templates);
  });

  it('fails the one that hangs, and does the others as if nothing had happened', async () => {
    const pool = newPool();
    expect(await bodies(pool, 'workspace', ['a', 'b', 'hang', 'c'])).toEqual([
      'a',
      'b',
      'evaluation_timeout',
      'c',
    ]);
    expect(ends).toEqual([
      { ended: 'timeout', tasks: 4 },
      { ended: 'timeout', tasks: 1 },
    ]);
  });

  it('fails the one that eats memory, and the process lives', async () => {
    const pool = newPool({ maxMemoryMb: 16, timeoutMs: 20_000 });
    expect(await bodies(pool, 'workspace', ['a', 'eat memory', 'b'])).toEqual([
      'a',
      'evaluation_out_of_memory',
      'b',
    ]);
  });

  it.each(['throw', 'exit'])('survives a thread that ends itself (%s)', async (template) => {
    const pool = newPool({ timeoutMs: 5_000 });
    expect(await bodies(pool, 'workspace', ['a', template, 'b'])).toEqual([
      'a',
      'evaluation_crashed',
      'b',
    ]);
  });

  it('does not let the neighbours wait for the ones that are tried alone', async () => {
    const pool = newPool({ timeoutMs: 300, maxStrikes: 100 });
    const hostile = bodies(pool, 'hostile', Array<string>(150).fill('hang'));
    // Read at once: it fails before anybody waits for it.
    const refused = hostile.catch((error: unknown) => String(error));
    const began = performance.now();
    const neighbours = Array.from({ length: 20 }, async (_, index) => {
      expect(await bodies(pool, `neighbour ${index}`, ['b'])).toEqual(['b']);
    });
    await Promise.all(neighbours);
    // One message of the hostile workspace was under way, and its thread had to be replaced.
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await bodies(pool, 'neighbour', ['c'])).toEqual(['c']);
    expect(ends.length).toBeGreaterThan(0);
    await pool.stop();
    expect(await refused).toMatch('cannot be evaluated');
  });

  it('keeps a workspace apart that has ended a thread, and does its good rules all the same', async () => {
    const pool = newPool();
    await bodies(pool, 'workspace', ['hang']);
    const ended = ends.length;
    expect(await bodies(pool, 'workspace', ['a', 'hang', 'b'])).toEqual([
      'a',
      'evaluation_timeout',
      'b',
    ]);
    // Alone at once: the pool's own thread was not put at risk again.
    expect(ends.slice(ended)).toEqual([{ ended: 'timeout', tasks: 1 }]);
  });

  it('tries a revision no more that had to be stopped too often, and its next one again', async () => {
    const pool = newPool({ maxStrikes: 2 });
    const results = await bodies(pool, 'workspace', ['hang', 'hang', 'hang', 'hang']);
    expect(results).toEqual([
      'evaluation_timeout',
      'evaluation_timeout',
      'evaluation_stopped',
      'evaluation_stopped',
    ]);
    const ended = ends.length;
    expect(await bodies(pool, 'workspace', ['hang'])).toEqual(['evaluation_stopped']);
    expect(ends.length).toBe(ended);
    const [corrected] = await pool.run('workspace', [taskOf('good', 2)]);
    expect(corrected).toMatchObject({ outcome: { kind: 'rendered', body: 'good' } });
  });

  it('does not count against a rule how often people have tried it', async () => {
    const pool = newPool({ maxStrikes: 1 });
    const { trial } = taskOf('hang');
    await pool.run('workspace', [{ kind: 'try', trial: { ...trial, trace: true } }]);
    expect(await bodies(pool, 'workspace', ['hang', 'hang'])).toEqual([
      'evaluation_timeout',
      'evaluation_stopped',
    ]);
  });

  it('tells apart which outcome was forced', async () => {
    const [result] = await newPool().run('workspace', [taskOf('hang')]);
    expect(result).toMatchObject({
      kind: 'tried',
      outcome: { kind: 'failed', stopped: true, fault: { path: '' } },
    });
  });

  it('gives back what a thread has not come to, in order', async () => {
    const templates = Array.from({ length: 30 }, (_, index) => `one at a time ${index}`);
    expect(await bodies(newPool(), 'workspace', templates)).toEqual(templates);
  });

  it('blames no rule when threads cannot be started, and says so', async () => {
    const entry = new URL('./there-is-no-such-thread.js', import.meta.url);
    const pool = newPool({ entry });
    await expect(bodies(pool, 'workspace', ['a'])).rejects.toMatchObject({
      status: 503,
      code: 'evaluation_unavailable',
    });
    expect(pool.isReady).toBe(false);
    expect(failures.length).toBeGreaterThan(0);
  });

  it('tells whoever waits when it is stopped', async () => {
    const pool = newPool({ timeoutMs: 60_000 });
    const waiting = bodies(pool, 'workspace', ['hang', 'a']);
    const refused = waiting.catch((error: unknown) => String(error));
    await until('the thread is there', () => pool.isReady);
    await pool.stop();
    expect(await refused).toMatch('cannot be evaluated');
    await expect(bodies(pool, 'workspace', ['a'])).rejects.toThrow('cannot be evaluated');
  });
});

function newPool(options: Partial<PoolOptions> = {}): EvaluationPool {
  const pool = new EvaluationPool({
    entry: new URL('./thread.fixture.js', import.meta.url),
    settings: threadSettings,
    threads: 1,
    timeoutMs: 200,
    maxMemoryMb: 32,
    maxStrikes: 3,
    onThreadEnd: (ended, { tasks }) => ends.push({ ended, tasks }),
    onStartFailed: (error) => failures.push(error),
    ...options,
  });
  pools.push(pool);
  return pool;
}

/** What became of each: its body, or the code of its fault. */
async function bodies(
  pool: EvaluationPool,
  workspaceId: string,
  templates: readonly string[],
): Promise<string[]> {
  const results = await pool.run(
    workspaceId,
    templates.map((template) => taskOf(template)),
  );
  return results.map((result) => {
    if (result.kind !== 'tried') return result.kind;
    const { outcome } = result;
    if (outcome.kind === 'rendered') return outcome.body;
    return outcome.kind === 'failed' ? outcome.fault.code : outcome.kind;
  });
}

function taskOf(template: string, revision = 1): Extract<Task, { kind: 'try' }> {
  return { kind: 'try', trial: trialOf({ template, revision }) };
}
