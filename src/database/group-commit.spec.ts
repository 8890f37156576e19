import { QueryFailedError } from 'typeorm';
import { GroupCommit } from './group-commit.js';

/** A write whose end is in the test's hands. */
function heldWrites() {
  const writes: { items: number[]; end: (error?: Error) => void }[] = [];
  const write = (items: number[]): Promise<number[]> =>
    new Promise((resolve, reject) => {
      const end = (error?: Error) => (error ? reject(error) : resolve(items.map((n) => n * 10)));
      writes.push({ items, end });
    });
  return { writes, write };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** What PostgreSQL answers to a value that a column cannot hold. */
const badValue = () =>
  new QueryFailedError('INSERT', [], Object.assign(new Error('bad value'), { code: '22P02' }));

const writeAllButTwo = (items: number[]): Promise<number[]> =>
  items.includes(2) ? Promise.reject(badValue()) : Promise.resolve(items);

describe('GroupCommit', () => {
  it('writes together what is handed in together, and answers each with its own result', async () => {
    const { writes, write } = heldWrites();
    const commits = new GroupCommit(write, { maxItems: 10, concurrency: 1 });
    const results = [1, 2, 3].map((item) => commits.add(item));
    await nextTurn();
    expect(writes.map(({ items }) => items)).toEqual([[1, 2, 3]]);
    writes[0]?.end();
    expect(await Promise.all(results)).toEqual([10, 20, 30]);
  });

  it('collects what comes while a write is under way', async () => {
    const { writes, write } = heldWrites();
    const commits = new GroupCommit(write, { maxItems: 10, concurrency: 1 });
    const first = commits.add(1);
    await nextTurn();
    const rest = [2, 3].map((item) => commits.add(item));
    await nextTurn();
    expect(writes).toHaveLength(1);
    writes[0]?.end();
    await first;
    await nextTurn();
    expect(writes.map(({ items }) => items)).toEqual([[1], [2, 3]]);
    writes[1]?.end();
    expect(await Promise.all(rest)).toEqual([20, 30]);
  });

  it('writes no more together than may be large together, and a larger item alone', async () => {
    const { writes, write } = heldWrites();
    const options = { maxItems: 10, maxSize: 10, concurrency: 9 };
    const commits = new GroupCommit(write, options, (item) => item);
    const results = [4, 6, 1, 50, 3, 7, 1].map((item) => commits.add(item));
    await nextTurn();
    expect(writes.map(({ items }) => items)).toEqual([[4, 6], [1], [50], [3, 7], [1]]);
    for (const { end } of writes) end();
    expect(await Promise.all(results)).toEqual([40, 60, 10, 500, 30, 70, 10]);
  });

  it('writes no more at once than it may, in items and in writes', async () => {
    const { writes, write } = heldWrites();
    const commits = new GroupCommit(write, { maxItems: 2, concurrency: 2 });
    const results = [1, 2, 3, 4, 5].map((item) => commits.add(item));
    await nextTurn();
    expect(writes.map(({ items }) => items)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    writes[1]?.end();
    await results[3];
    await nextTurn();
    expect(writes[2]?.items).toEqual([5]);
    writes[0]?.end();
    writes[2]?.end();
    expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50]);
  });

  it('does not let one item that the database refuses fail its neighbours', async () => {
    const commits = new GroupCommit(writeAllButTwo, { maxItems: 10, concurrency: 1 });
    const results = await Promise.allSettled([1, 2, 3].map((item) => commits.add(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('tells everybody of an outage, without trying again one by one', async () => {
    let writes = 0;
    const write = (): Promise<number[]> => {
      writes += 1;
      return Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNRESET' }));
    };
    const commits = new GroupCommit(write, { maxItems: 10, concurrency: 1 });
    const results = await Promise.allSettled([1, 2, 3].map((item) => commits.add(item)));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(writes).toBe(1);
    await commits.drained();
  });

  it('lets nobody wait behind a write that was not answered in time', async () => {
    const { writes, write } = heldWrites();
    const commits = new GroupCommit(write, { maxItems: 1, concurrency: 1 });
    const first = commits.add(1);
    await nextTurn();
    const behind = commits.add(2);
    writes[0]?.end(new Error('Query read timeout'));
    await expect(first).rejects.toThrow('timeout');
    await expect(behind).rejects.toThrow('timeout');
    expect(writes).toHaveLength(1);
    await commits.drained();
  });

  it('is drained when nothing waits and nothing is under way', async () => {
    const { writes, write } = heldWrites();
    const commits = new GroupCommit(write, { maxItems: 1, concurrency: 1 });
    await commits.drained();
    const results = [1, 2].map((item) => commits.add(item));
    let isDrained = false;
    const drained = commits.drained().then(() => (isDrained = true));
    await nextTurn();
    writes[0]?.end();
    await results[0];
    await nextTurn();
    expect(isDrained).toBe(false);
    writes[1]?.end();
    await drained;
    expect(await Promise.all(results)).toEqual([10, 20]);
  });
});
