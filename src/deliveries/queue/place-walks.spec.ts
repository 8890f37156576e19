import { PlaceWalks } from './place-walks.js';

const webhook = (id: string, revision = 1) => ({ id, revision });

/** Walks over queues of so many pages each, with a clock in the test's hands. */
function walking(pages: Record<string, number> = {}) {
  const seen: string[] = [];
  const at = { now: 0 };
  const walks: PlaceWalks = new PlaceWalks(
    (id, after) => {
      const page = Number(after?.deliveryId ?? 0) + 1;
      seen.push(`${id}${page}`);
      if (seen.length === 100) walks.stop();
      const isLast = page >= (pages[id] ?? 1);
      return Promise.resolve(isLast ? undefined : { dueAt: '', deliveryId: String(page) });
    },
    () => at.now,
  );
  return { walks, seen, at };
}

it('each page begins where the last one ended, and webhooks have theirs in turn', async () => {
  const { walks, seen } = walking({ a: 3, b: 2 });
  await walks.walk(() => [webhook('a'), webhook('b'), webhook('c')]);
  expect(seen).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});

it('who becomes ordered in the middle of a long walk does not wait for its end', async () => {
  const { walks, seen } = walking({ a: 4 });
  await walks.walk(() => (seen.length < 2 ? [webhook('a')] : [webhook('a'), webhook('b')]));
  expect(seen).toEqual(['a1', 'a2', 'a3', 'b1', 'a4']);
});

it('can be stopped between two pages', async () => {
  const { walks, seen } = walking({ a: Infinity });
  await walks.walk(() => [webhook('a')]);
  expect(seen).toHaveLength(100);
});

it('a webhook is gone through again for a minute, and no more', async () => {
  const { walks, seen, at } = walking();
  for (; at.now <= 3_600_000; at.now += 1_000) await walks.walk(() => [webhook('a')]);
  expect(seen).toHaveLength(7);
});

it('and when it was changed, or when nothing was due for it for long', async () => {
  const { walks, seen, at } = walking();
  await walks.walk(() => [webhook('a')]);
  at.now += 1;
  await walks.walk(() => [webhook('a')]);
  expect(seen).toHaveLength(1);
  await walks.walk(() => [webhook('a', 2)]);
  expect(seen).toHaveLength(2);
  at.now += 3_600_002;
  await walks.walk(() => []);
  await walks.walk(() => [webhook('a', 2)]);
  expect(seen).toHaveLength(3);
});

it('one that failed is gone through again at once', async () => {
  let isAway = true;
  const seen: string[] = [];
  const page = (id: string) => {
    if (isAway) return Promise.reject(new Error('away'));
    seen.push(id);
    return Promise.resolve(undefined);
  };
  const walks = new PlaceWalks(page, () => 0);
  await expect(walks.walk(() => [webhook('a')])).rejects.toThrow('away');
  isAway = false;
  await walks.walk(() => [webhook('a')]);
  expect(seen).toEqual(['a']);
});
