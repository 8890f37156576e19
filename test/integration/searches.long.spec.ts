import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { BugleError } from '../../src/errors.js';
import { isOutage, Searches } from '../../src/database/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let searches: Searches;

const WITHIN_MS = 500;
const SLOW = 'SELECT pg_sleep(20)';
const QUICK = 'SELECT 1 AS one';

beforeAll(async () => {
  database = await createTestDatabase();
  searches = new Searches(database.connection, 'bugle', WITHIN_MS);
});
afterAll(async () => {
  await searches.close();
  await database.drop();
});

/** The code of its refusal, or its rows. */
const outcomeOf = (search: Promise<object[]>) =>
  search.catch((error: unknown) =>
    error instanceof BugleError ? `${error.status} ${error.code}` : error,
  );

it('a search finds rows of the schema, and writes nothing', async () => {
  expect(await searches.run('a', 'SELECT count(*)::int AS n FROM deliveries', [])).toEqual([
    { n: 0 },
  ]);
  const write = searches.run('a', 'DELETE FROM deliveries', []);
  await expect(write).rejects.toThrow('read-only transaction');
});

it('one that takes too long is refused, with what to do', async () => {
  const refusal: unknown = await searches.run('a', SLOW, []).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 422, code: 'search_too_slow' });
  expect(String(refusal)).toMatch(/Narrow it.*since and until/);
  expect(await searches.run('a', QUICK, [])).toEqual([{ one: 1 }]);
});

it('a workspace whose searches are slow takes no place from others', async () => {
  const ended: string[] = [];
  const slow = Array.from({ length: 10 }, () =>
    outcomeOf(searches.run('a', SLOW, [])).then((outcome) => {
      ended.push('slow');
      return outcome;
    }),
  );
  expect(await searches.run('b', QUICK, [])).toEqual([{ one: 1 }]);
  expect(ended).toEqual([]);
  // Two are under way, and eight wait.
  expect(await outcomeOf(searches.run('a', QUICK, []))).toBe('429 too_many_searches');
  expect(new Set(await Promise.all(slow))).toEqual(new Set(['422 search_too_slow']));
});

it('one that comes while all are slow has its turn when they have ended', async () => {
  const slow = ['a', 'a', 'b', 'b'].map((workspace) =>
    outcomeOf(searches.run(workspace, SLOW, [])),
  );
  expect(await outcomeOf(searches.run('c', QUICK, []))).toEqual([{ one: 1 }]);
  expect(new Set(await Promise.all(slow))).toEqual(new Set(['422 search_too_slow']));
});

it('where too many are slow before it, it is refused with what to do', async () => {
  const workspaces = Array.from({ length: 12 }, (_, n) => `of ${n}`);
  // Of so many the last ones would wait for longer than five searches may take.
  const slow = workspaces.flatMap((of) => [1, 2].map(() => outcomeOf(searches.run(of, SLOW, []))));
  const refusal: unknown = await searches.run('last', QUICK, []).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 429, code: 'too_many_searches' });
  expect(String(refusal)).toContain('Ask again');
  await Promise.all(slow);
});

it('one for which there is no connection is told so, not that others are slow', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a server on a port has one
  const { port } = silent.address() as AddressInfo;
  const lost = new Searches({ host: '127.0.0.1', port }, 'bugle', 300);
  const refusals = await Promise.all(
    // More than there are connections: the last ones wait in line.
    ['a', 'b', 'c', 'd', 'e'].map((workspace) =>
      lost.run(workspace, QUICK, []).catch((error: unknown) => error),
    ),
  );
  expect(refusals.map(isOutage)).toEqual(refusals.map(() => true));
  await lost.close();
  silent.close();
});
