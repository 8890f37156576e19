import type { Task } from './messages.js';
import { EvaluationPool, type PoolOptions } from './pool.js';
import { trialOf } from './trial.fixture.js';

interface ThreadEnd {
  ended: string;
  tasks: number;
}

let pools: EvaluationPool[] = [];
let ends: ThreadEnd[] = [];

afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.stop()));
  pools = [];
  ends = [];
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

  it('does not let the neighbours wait for the one that is questioned', async () => {
    const pool = newPool({ timeoutMs: 400 });
    const done: string[] = [];
    const hostile = bodies(pool, 'hostile', Array(3).fill('hang')).then(() => done.push('hostile'));
    await bodies(pool, 'neighbour', ['a']);
    const neighbours = Array.from({ length: 20 }, async (_, index) => {
      expect(await bodies(pool, `neighbour ${index}`, ['b'])).toEqual(['b']);
    });
    await Promise.all(neighbours).then(() => done.push('neighbours'));
    await hostile;
    expect(done).toEqual(['neighbours', 'hostile']);
  });

  it('evaluates a revision no more that had to be stopped too often, and its next one again', async () => {
    const pool = newPool({ maxStrikes: 2 });
    const results = await bodies(pool, 'workspace', ['hang', 'hang', 'hang', 'hang']);
    expect(results).toEqual([
      'evaluation_timeout',
      'evaluation_timeout',
      'evaluation_stopped',
      'evaluation_stopped',
    ]);
    const [corrected] = await pool.run('workspace', [taskOf('good', 2)]);
    expect(corrected).toMatchObject({ outcome: { kind: 'rendered', body: 'good' } });
  });

  it('tells apart which outcome was forced', async () => {
    const [result] = await newPool().run('workspace', [taskOf('hang')]);
    expect(result).toMatchObject({
      kind: 'tried',
      outcome: { kind: 'failed', stopped: true, fault: { path: 'template' } },
    });
  });
});

function newPool(options: Partial<PoolOptions> = {}): EvaluationPool {
  const pool = new EvaluationPool({
    entry: new URL('./thread.fixture.js', import.meta.url),
    settings: {
      defaultTemplate: '',
      maxTemplateBytes: 1000,
      maxBodyBytes: 1000,
      maxConditionBytes: 1000,
    },
    threads: 1,
    timeoutMs: 200,
    maxMemoryMb: 32,
    maxStrikes: 3,
    onThreadEnd: (ended, { tasks }) => ends.push({ ended, tasks }),
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

function taskOf(template: string, revision = 1): Task {
  return { kind: 'try', trial: trialOf({ template, revision }) };
}
