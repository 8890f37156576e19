import { StartupError } from '../startup-error.js';
import { patiently } from './patiently.js';

/** What a try fails of, as open-database.ts tells it. */
function failure(said: { code?: string; message?: string }, setting = 'DATABASE_URL') {
  const cause = Object.assign(new Error(said.message ?? ''), said);
  return new StartupError(setting, 'names a database that cannot be reached', { cause });
}

const notTold = new AbortController().signal;

/** A start that fails of each of these in turn, and then works. */
async function started(failures: Error[], withinMs = 60_000, told = notTold) {
  const reasons: string[] = [];
  let tries = 0;
  const start = () => {
    const failed = failures[tries++];
    return failed ? Promise.reject(failed) : Promise.resolve('started');
  };
  const onWait = (reason: string) => void reasons.push(reason);
  const end: unknown = await patiently(start, { withinMs, onWait, told }).catch(
    (error: unknown) => error,
  );
  return { end, tries, reasons };
}

const refused = failure({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 10.0.0.1:5432' });

describe('a start whose database is away', () => {
  it('is tried again, and says so once', async () => {
    const starting = failure({ code: '57P03', message: 'the database system is starting up' });
    expect(await started([refused, starting])).toEqual({
      end: 'started',
      tries: 3,
      reasons: ['connect ECONNREFUSED 10.0.0.1:5432'],
    });
  });

  it('is given up when the time is over, with what it failed of last', async () => {
    const last = failure({ message: 'Connection terminated unexpectedly' });
    const { end, tries, reasons } = await started([refused, ...Array<Error>(20).fill(last)], 20);
    expect(end).toBe(last);
    expect(tries).toBeGreaterThan(1);
    expect(reasons).toHaveLength(1);
  });

  it('waits no longer when it is told to stop', async () => {
    const stop = new AbortController();
    const onWait = () => stop.abort('stop');
    const patience = { withinMs: 60_000, onWait, told: stop.signal };
    const waiting = patiently(() => Promise.reject(refused), patience);
    await expect(waiting).rejects.toBe('stop');
  });

  it('is not tried again when it was told to stop meanwhile, and says what it failed of', async () => {
    const told = AbortSignal.abort();
    expect(await started([refused], 60_000, told)).toEqual({ end: refused, tries: 1, reasons: [] });
  });

  it('is told at once where there is no time to wait', async () => {
    expect(await started([refused], 0)).toEqual({ end: refused, tries: 1, reasons: [] });
  });

  it.each([
    { code: 'ECONNREFUSED' },
    { code: 'ECONNRESET' },
    { code: 'EAI_AGAIN' },
    { code: '53300' },
    { code: '57P01' },
    { code: '55000', message: 'database "x" is not currently accepting connections' },
    { message: 'Query runner already released. Cannot run queries anymore.' },
    { message: 'Connection terminated due to connection timeout' },
  ])('waits for the end of %j', async (said) => {
    expect(await started([failure(said)])).toMatchObject({ end: 'started', tries: 2 });
  });
});

it.each([
  failure({ code: '28P01', message: 'password authentication failed' }),
  failure({ code: '3D000', message: 'database "x" does not exist' }),
  failure({ code: 'ENOTFOUND' }),
  failure({ code: 'ECONNREFUSED' }, 'HOST'),
  new StartupError('DATABASE_URL', 'is not valid'),
  new Error('a bug'),
])('what does not pass by itself is told at once: %s', async (error) => {
  expect(await started([error])).toEqual({ end: error, tries: 1, reasons: [] });
});
