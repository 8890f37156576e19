import { derivedId, newId } from '../../src/database/index.js';
import type { NewDelivery } from '../../src/deliveries/delivery.js';
import { ANOTHER, LOST, ME, MINUTE, useQueue } from './queue.fixture.js';
import { newDelivery, newEvent, settlement, storeWebhook } from './storage.fixture.js';

const { storage, enqueue, queued, inQueue, take } = useQueue();
const MANY = 1000;

/** An ordered webhook, and ways to put deliveries into its queue and to take them out. */
async function ordered() {
  const { workspaceId, webhookId } = await storeWebhook(storage());
  await storage().dataSource.query('UPDATE webhooks SET ordered = true WHERE id = $1', [webhookId]);
  const make = (key: string | null, eventId = newId()): NewDelivery =>
    newDelivery({
      workspaceId,
      webhookId,
      eventId,
      id: derivedId(eventId, newId()),
      order: key === null ? null : { key, by: eventId },
    });
  /** In this order; named by what they are called. */
  const add = async (...keys: (string | null)[]): Promise<string[]> => {
    const deliveries = keys.map((key) => make(key));
    await enqueue(deliveries);
    return deliveries.map(({ id }) => id);
  };
  const claim = async (slots = MANY, lease = ME): Promise<string[]> => {
    const claimed = await take(new Map([[webhookId, slots]]), lease);
    return claimed.map(({ id }) => id);
  };
  return { workspaceId, webhookId, make, add, claim };
}

const end = (deliveryId: string | undefined, number = 1) =>
  storage().settlements.settle([settlement({ deliveryId, number })]);

const setDue = (deliveryId: string | undefined, interval: string) =>
  storage().dataSource.query(
    'UPDATE delivery_queue SET due_at = now() + $2::interval WHERE delivery_id = $1',
    [deliveryId, interval],
  );

/** How much of a webhook's queue has no place in the order. */
const unplaced = async (webhookId: string): Promise<number | undefined> => {
  const [row] = await storage().dataSource.query<{ count: number }[]>(
    'SELECT count(*)::integer AS count FROM delivery_queue WHERE webhook_id = $1 AND order_key IS NULL',
    [webhookId],
  );
  return row?.count;
};

describe('of an ordered webhook', () => {
  it('the first of each key can be taken, and the next when it has ended', async () => {
    const { add, claim } = await ordered();
    const [a1, a2, b1] = await add('a', 'a', 'b');
    expect(new Set(await claim())).toEqual(new Set([a1, b1]));
    expect(await claim()).toEqual([]);
    await end(a1);
    expect(await claim()).toEqual([a2]);
  });

  it('the order is that of the events, whichever came into the queue first', async () => {
    const { make, claim } = await ordered();
    const [early, late] = [make('a'), make('a')];
    await enqueue([late]);
    await enqueue([early]);
    expect(await claim()).toEqual([early.id]);
  });

  it('one that waits for its next attempt keeps back its key, and no other', async () => {
    const { add, claim } = await ordered();
    const [a1, a2, b1] = await add('a', 'a', 'b');
    await setDue(a1, '1 hour');
    expect(await claim()).toEqual([b1]);
    await setDue(a1, '-1 second');
    expect(await claim()).toEqual([a1]);
    await end(a1);
    expect(await claim()).toEqual([a2]);
  });

  it('one that was cancelled, or whose worker died, keeps back nothing', async () => {
    const { add, claim } = await ordered();
    const [a1, a2] = await add('a', 'a');
    expect(await claim(MANY, LOST)).toEqual([a1]);
    expect(await claim()).toEqual([a1]);
    await storage().dataSource.query('DELETE FROM delivery_queue WHERE delivery_id = $1', [a1]);
    expect(await claim()).toEqual([a2]);
  });

  it('many workers at once never have two of a key, and take all in order', async () => {
    const { add, claim } = await ordered();
    const keys = ['a', 'b', 'c'];
    const ids = await add(...Array.from({ length: 60 }, (_, index) => keys[index % 3] ?? ''));
    const taken: string[] = [];
    while (taken.length < 60) {
      const claims = await Promise.all([ME, ANOTHER, ME, ANOTHER].map((lease) => claim(2, lease)));
      const round = claims.flat();
      expect(new Set(round.map((id) => ids.indexOf(id) % 3)).size).toBe(round.length);
      taken.push(...round);
      await Promise.all(round.map((id) => end(id)));
    }
    for (const key of [0, 1, 2]) {
      const places = taken.map((id) => ids.indexOf(id)).filter((place) => place % 3 === key);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    }
  });

  it('two deliveries of one event go one after the other as well', async () => {
    const { make, claim } = await ordered();
    const eventId = newId();
    await enqueue([make('a', eventId), make('a', eventId)]);
    const [first, ...others] = await claim();
    expect(others).toEqual([]);
    expect(await claim()).toEqual([]);
    await setDue(first, '1 hour');
    expect(await claim()).toEqual([]);
    await end(first);
    expect(await claim()).toHaveLength(1);
  });

  it('with more keys than slots each has its turn', async () => {
    const { add, webhookId } = await ordered();
    const [, , b1] = await add('a', 'a', 'b', 'c');
    const fromKeys = new Map([[webhookId, 'b']]);
    const wanted = new Map([[webhookId, 1]]);
    const { claimed, walkedTo } = await storage().queue.claim(wanted, ME, {
      probeFrom: 0,
      fromKeys,
    });
    expect(claimed).toMatchObject([{ id: b1, orderKey: 'b' }]);
    expect(walkedTo).toEqual(new Map([[webhookId, 'b']]));
  });

  it('what was queued before gets a place of its own, and waits for nobody', async () => {
    const { add, claim, webhookId } = await ordered();
    const [a1, , ...loose] = await add('a', 'a', ...Array.from({ length: 1_500 }, () => null));
    await setDue(loose[0], '1 hour');
    expect(await claim()).toEqual([a1]);
    const page = await storage().upkeep.givePlacesTo(webhookId);
    expect(await unplaced(webhookId)).toBeGreaterThanOrEqual(500);
    expect(await storage().upkeep.givePlacesTo(webhookId, page)).toBeUndefined();
    expect(await unplaced(webhookId)).toBe(0);
    const taken = new Set<string>();
    for (let from: string | undefined = ''; from !== undefined;) {
      const wanted = new Map([[webhookId, MANY]]);
      const fromKeys = new Map([[webhookId, from]]);
      const claimed = await storage().queue.claim(wanted, ME, { probeFrom: 0, fromKeys });
      for (const { id } of claimed.claimed) taken.add(id);
      from = claimed.walkedTo.get(webhookId);
    }
    expect(taken).toEqual(new Set(loose.slice(1)));
  });

  it('without order nothing is given a place', async () => {
    const { first, webhookId } = await queued(1);
    expect(await storage().upkeep.givePlacesTo(webhookId)).toBeUndefined();
    expect(await take(new Map([[webhookId, 1]]), ME)).toMatchObject([
      { id: first.id, orderKey: null },
    ]);
  });

  it('nothing is in order any more once order was switched off', async () => {
    const { add, claim, webhookId } = await ordered();
    await add('a', 'a', 'a');
    await storage().dataSource.query('UPDATE webhooks SET ordered = false WHERE id = $1', [
      webhookId,
    ]);
    expect(await claim()).toHaveLength(3);
  });
});

describe('an older event that nobody has dispatched yet', () => {
  it('is waited for: it may become a delivery that comes first', async () => {
    const { workspaceId, make, claim } = await ordered();
    const event = newEvent({ workspaceId, id: newId() });
    await storage().events.insert([event]);
    const later = make('a');
    await enqueue([later]);
    expect(await claim()).toEqual([]);
    const earlier = make('a', event.id);
    await enqueue([earlier], [event.id]);
    expect(await claim()).toEqual([earlier.id]);
  });

  it('is not waited for if it is of another workspace, or came more than a minute before', async () => {
    const { workspaceId, make, claim } = await ordered();
    const old = newEvent({ workspaceId, id: newId(Date.now() - MINUTE - 1000) });
    await storage().events.insert([old, newEvent({ id: newId() })]);
    const delivery = make('a');
    await enqueue([delivery]);
    expect(await claim()).toEqual([delivery.id]);
  });

  it('is waited for, however many others wait of other workspaces', async () => {
    const { workspaceId, make, claim } = await ordered();
    const mine = newEvent({ workspaceId, id: newId() });
    const others = Array.from({ length: 2_000 }, () => newEvent({ id: newId() }));
    await storage().events.insert([mine, ...others]);
    const later = make('a');
    await enqueue([later]);
    expect(await claim()).toEqual([]);
    await enqueue([], [mine.id]);
    expect(await claim()).toEqual([later.id]);
  });

  it('is not waited for longer than a minute', async () => {
    const { workspaceId, make, claim } = await ordered();
    await storage().events.insert([newEvent({ workspaceId, id: newId() })]);
    const delivery = make('a');
    await enqueue([delivery]);
    expect(await claim()).toEqual([]);
    await setDue(delivery.id, '-61 seconds');
    expect(await claim()).toEqual([delivery.id]);
    expect(await inQueue(delivery.id)).toMatchObject([{ holder: ME.holder }]);
  });
});
