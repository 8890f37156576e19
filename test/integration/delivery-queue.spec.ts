import type { NewDelivery } from '../../src/deliveries/delivery.js';
import { until } from '../support/until.js';
import { ANOTHER, LOST, ME, MINUTE, useQueue } from './queue.fixture.js';
import { newDelivery, newEvent, settlement, storeWebhook } from './storage.fixture.js';

const { storage, enqueue, queued, inQueue, stored, attempts, take } = useQueue();

const PROBING = { probeFrom: 10, fromKeys: new Map<string, string>() };

describe('enqueue', () => {
  it('stores, queues and takes the event out of the outbox, in one', async () => {
    const event = newEvent();
    await storage().events.insert([event]);
    const { workspaceId, webhookId } = await storeWebhook(storage());
    const delivery = newDelivery({ workspaceId, webhookId, eventId: event.id });
    const result = await enqueue([delivery], [event.id]);
    expect(result).toEqual([{ id: delivery.id, webhookId, held: false, webhookRevision: 3 }]);
    expect(await stored(delivery.id)).toMatchObject({ status: 'pending', attempts: 0 });
    expect(await inQueue(delivery.id)).toEqual([
      { attempt: 0, holder: null, trigger: 'automatic', due: true },
    ]);
    expect(await storage().outbox.waitingOf([event.id])).toEqual([]);
  });

  it('of the same match again changes nothing, not even while another does it too', async () => {
    const { first, deliveries } = await queued(1);
    const [claimed] = await take(new Map([[first.webhookId, 1]]), ME);
    expect(claimed?.id).toBe(first.id);
    const again = await Promise.all([enqueue(deliveries), enqueue(deliveries)]);
    expect(again).toEqual([[], []]);
    expect(await inQueue(first.id)).toMatchObject([{ attempt: 1, holder: 2 }]);
  });

  it('of the same new deliveries in two orders at once ends in no deadlock', async () => {
    const { workspaceId, webhookId } = await storeWebhook(storage());
    const [first, middle, last] = Array.from({ length: 3 }, () =>
      newDelivery({ workspaceId, webhookId }),
    ).toSorted((a, b) => (a.id < b.id ? -1 : 1)) as [NewDelivery, NewDelivery, NewDelivery];
    const other = storage().dataSource.createQueryRunner();
    await other.startTransaction();
    await other.query(
      `INSERT INTO deliveries (id, workspace_id, event_id, event_type, webhook_id, revision, status, created_at, updated_at)
       VALUES ($1, $2, $3, 'user.created', $4, 1, 'pending', now(), now())`,
      [middle.id, workspaceId, middle.eventId, webhookId],
    );
    // Each has stored what comes before the middle one when it has to wait for it.
    const both = [enqueue([first, middle, last]), enqueue([last, middle, first])];
    const outcomes = Promise.allSettled(both);
    await until('both wait', async () => {
      const [row] = await storage().dataSource.query<{ waiting: number }[]>(
        `SELECT count(*)::integer AS waiting FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return row?.waiting === both.length;
    });
    await other.rollbackTransaction();
    await other.release();
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    const queuedBy = await Promise.all(both);
    expect(queuedBy.flat().map(({ id }) => id)).toHaveLength(3);
  });

  it('queues and answers what is due together in the order in which it was handed over', async () => {
    const { workspaceId, webhookId } = await storeWebhook(storage());
    const deliveries = Array.from({ length: 30 }, () =>
      newDelivery({ workspaceId, webhookId }),
    ).toSorted((a, b) => (a.id < b.id ? 1 : -1));
    const ids = deliveries.map(({ id }) => id);
    expect((await enqueue(deliveries)).map(({ id }) => id)).toEqual(ids);
    const claimed = await take(new Map([[webhookId, 10]]), ME);
    expect(new Set(claimed.map(({ id }) => id))).toEqual(new Set(ids.slice(0, 10)));
  });

  it('keeps what could not be rendered as failed, with the reason, and never queues it', async () => {
    const fault = { path: 'template', code: 'not_json', message: 'is not JSON', line: 2 };
    const delivery = newDelivery({ rendered: { fault } });
    expect(await enqueue([delivery])).toEqual([]);
    expect(await stored(delivery.id)).toMatchObject({ status: 'failed' });
    expect(await inQueue(delivery.id)).toEqual([]);
    const [row] = await storage().dataSource.query<{ reason: object }[]>(
      'SELECT last_error AS reason FROM deliveries WHERE id = $1',
      [delivery.id],
    );
    expect(row?.reason).toEqual(fault);
  });

  it('puts what can be rendered now in the place of what could not, and nothing else', async () => {
    const { workspaceId, webhookId } = await storeWebhook(storage());
    const fault = { path: 'template', code: 'not_json', message: 'is not JSON' };
    const rendered = newDelivery({ workspaceId, webhookId });
    const unrendered = { ...rendered, rendered: { fault } };
    await enqueue([unrendered]);
    expect(await enqueue([rendered])).toMatchObject([{ id: rendered.id }]);
    expect(await stored(rendered.id)).toMatchObject({ status: 'pending' });
    expect(await enqueue([unrendered])).toEqual([]);
    expect(await enqueue([{ ...rendered, rendered: { ...rendered.rendered, body: '2' } }])).toEqual(
      [],
    );
    expect(await stored(rendered.id)).toMatchObject({ status: 'pending' });
    expect(await inQueue(rendered.id)).toHaveLength(1);
  });

  it('of the same match again waits for nobody who holds the delivery', async () => {
    const { first, deliveries } = await queued(1);
    const holder = storage().dataSource.createQueryRunner();
    await holder.startTransaction();
    try {
      await holder.query('SELECT FROM deliveries WHERE id = $1 FOR UPDATE', [first.id]);
      expect(await enqueue(deliveries)).toEqual([]);
    } finally {
      await holder.rollbackTransaction();
      await holder.release();
    }
  });

  it('puts what can be rendered now in its place once, whoever does it at the same time', async () => {
    const { workspaceId, webhookId } = await storeWebhook(storage());
    const deliveries = Array.from({ length: 50 }, () => newDelivery({ workspaceId, webhookId }));
    const fault = { path: 'template', code: 'not_json', message: 'is not JSON' };
    await enqueue(deliveries.map((delivery) => ({ ...delivery, rendered: { fault } })));
    const orders = Array.from({ length: 8 }, (_, turn) =>
      turn % 2 === 0 ? deliveries : deliveries.toReversed(),
    );
    const again = await Promise.all(orders.map((order) => enqueue(order)));
    expect(again.flat()).toHaveLength(50);
  });

  it('takes the same match twice in one statement', async () => {
    const { workspaceId, webhookId } = await storeWebhook(storage());
    const delivery = newDelivery({ workspaceId, webhookId });
    expect(await enqueue([delivery, delivery])).toMatchObject([{ id: delivery.id }]);
    expect(await inQueue(delivery.id)).toHaveLength(1);
  });

  it('puts under the lease at once what the worker takes itself', async () => {
    const { workspaceId, webhookId } = await storeWebhook(storage());
    const delivery = newDelivery({ workspaceId, webhookId });
    const held = [delivery.id];
    const enqueued = { eventIds: [], deliveries: [delivery], held, lease: ME };
    expect(await storage().queue.enqueue(enqueued)).toMatchObject([{ held: true }]);
    expect(await inQueue(delivery.id)).toMatchObject([{ attempt: 1, holder: 2, due: false }]);
    expect(await take(new Map([[webhookId, 1]]), ANOTHER)).toEqual([]);
  });

  it('lets wait in the queue what goes to a webhook that has failed last, or is held', async () => {
    const states = [{ failures: 1 }, { heldMs: MINUTE }];
    const results = states.map(async (health) => {
      const { workspaceId, webhookId } = await storeWebhook(storage());
      await storeHealth(webhookId, health);
      const delivery = newDelivery({ workspaceId, webhookId });
      const held = [delivery.id];
      return storage().queue.enqueue({ eventIds: [], deliveries: [delivery], held, lease: ME });
    });
    expect(await Promise.all(results)).toMatchObject([[{ held: false }], [{ held: false }]]);
  });
});

describe('claim', () => {
  it('takes the oldest first, as many as are wanted, with all that sending needs', async () => {
    const { deliveries, first, webhookId, wanted } = await queued(3);
    await storage().dataSource.query(
      `UPDATE delivery_queue SET due_at = now() - interval '1 minute' WHERE delivery_id = $1`,
      [deliveries[2]?.id],
    );
    const [claimed] = await take(wanted(1), ME);
    expect(claimed).toEqual({
      id: deliveries[2]?.id,
      workspaceId: first.workspaceId,
      eventId: deliveries[2]?.eventId,
      webhookId,
      webhookRevision: 3,
      attempt: 1,
      scheduleAttempt: 1,
      trigger: 'automatic',
      orderKey: null,
      isProbe: false,
      body: '{"a":1}',
      contentType: 'application/json',
    });
    expect(await take(wanted(), ME)).toHaveLength(2);
    expect(await take(wanted(), ME)).toEqual([]);
  });

  it('by many at once never gives a delivery to two', async () => {
    const { deliveries, wanted } = await queued(200);
    const claims = await Promise.all(
      Array.from({ length: 16 }, (_, worker) =>
        take(wanted(20), { holder: 100 + worker, leaseMs: MINUTE }),
      ),
    );
    const rest = await take(wanted(200), ME);
    const ids = [...claims.flat(), ...rest].map(({ id }) => id);
    expect(ids).toHaveLength(200);
    expect(new Set(ids)).toEqual(new Set(deliveries.map(({ id }) => id)));
    expect(claims.filter((claim) => claim.length > 0).length).toBeGreaterThan(1);
  });

  it('leaves alone what a disabled webhook has to wait for', async () => {
    const { wanted, webhookId } = await queued(1, { enabled: false });
    expect(await take(wanted(), ME)).toEqual([]);
    const due = await storage().upkeep.dueWebhooks();
    expect(due.map(({ id }) => id)).not.toContain(webhookId);
  });

  it('gives nothing for a webhook that is held, and one delivery for one that has only failed', async () => {
    const { webhookId, wanted } = await queued(3);
    await storeHealth(webhookId, { failures: 10, heldMs: MINUTE });
    expect(await take(wanted(), ME, PROBING)).toEqual([]);
    await storeHealth(webhookId, { failures: 10, heldMs: -1 });
    expect(await take(wanted(), ME, PROBING)).toMatchObject([{ isProbe: true }]);
    await storeHealth(webhookId, { failures: 0 });
    expect(await take(wanted(), ME, PROBING)).toMatchObject([
      { isProbe: false },
      { isProbe: false },
    ]);
  });

  it('gives one probe to all workers that claim at once', async () => {
    const failing = await Promise.all(Array.from({ length: 20 }, () => failed(5)));
    const wanted = new Map(failing.map(({ webhookId }) => [webhookId, 5]));
    const claims = await Promise.all(
      Array.from({ length: 32 }, (_, worker) =>
        take(wanted, { holder: 100 + worker, leaseMs: MINUTE }, PROBING),
      ),
    );
    expect(
      claims
        .flat()
        .map(({ webhookId }) => webhookId)
        .toSorted(),
    ).toEqual([...wanted.keys()].toSorted());
  });

  it('gives no other probe until what follows from the last one is written down', async () => {
    const { webhookId, wanted } = await failed(5);
    const [first] = await take(wanted(), ME, PROBING);
    expect(await take(wanted(), ANOTHER, PROBING)).toEqual([]);
    const failure = retry(first?.id ?? '', first?.attempt ?? 0);
    await storage().settlements.settle([{ ...failure, webhookId, webhookRevision: 3 }]);
    expect(await take(wanted(), ANOTHER, PROBING)).toEqual([]);
    await storeHealth(webhookId, { failures: 11, heldMs: 0 });
    expect(await take(wanted(), ANOTHER, PROBING)).toHaveLength(1);
  });

  it('gives another probe at once when one was handed back', async () => {
    const { wanted } = await failed(5);
    const probes = await take(wanted(), ME, PROBING);
    await storage().queue.handBack(probes, ME.holder);
    expect(await take(wanted(), ANOTHER, PROBING)).toHaveLength(1);
  });

  it.each([
    ['it says nothing of its webhook', { countsAs: null }],
    ['its webhook was edited meanwhile', { webhookRevision: 2 }],
  ])('gives another probe at once when one has ended and %s', async (_, differences) => {
    const { webhookId, wanted } = await failed(5);
    const [probe] = await take(wanted(), ME, PROBING);
    const failure = retry(probe?.id ?? '', probe?.attempt ?? 0);
    const ended = { ...failure, webhookId, webhookRevision: 3, ...differences };
    await storage().settlements.settle([ended]);
    expect(await take(wanted(), ANOTHER, PROBING)).toMatchObject([{ isProbe: true }]);
    expect(await take(wanted(), ANOTHER, PROBING)).toEqual([]);
  });

  it('gives another probe when it is known that nothing follows from the last one, not from one before', async () => {
    const { webhookId, wanted } = await failed(5);
    const settleOne = async () => {
      const [probe] = await take(wanted(), ME, PROBING);
      const failure = retry(probe?.id ?? '', probe?.attempt ?? 0);
      const ended = { ...failure, webhookId, webhookRevision: 3 };
      const { health } = await storage().settlements.settle([ended]);
      return health.filter((one) => one.webhookId === webhookId);
    };
    const [first] = await settleOne();
    if (!first) throw new Error('there is no health');
    await storage().settlements.unprobe(first);
    const [second] = await settleOne();
    expect(second).toMatchObject({ failures: 12, isHeld: false });
    await storage().settlements.unprobe(first);
    expect(await take(wanted(), ANOTHER, PROBING)).toEqual([]);
  });

  it('gives another probe when nothing has come of one for as long as a lease', async () => {
    const { webhookId, wanted } = await failed(5);
    expect(await take(wanted(), ME, PROBING)).toHaveLength(1);
    await storage().dataSource.query(
      `UPDATE webhook_health SET probed_at = probed_at - interval '1 minute' WHERE webhook_id = $1`,
      [webhookId],
    );
    expect(await take(wanted(), ANOTHER, PROBING)).toHaveLength(1);
  });

  it('without a breaker gives all, however often a webhook has failed', async () => {
    const { webhookId, wanted } = await queued(3);
    await storeHealth(webhookId, { failures: 1000 });
    const options = { probeFrom: 0, fromKeys: new Map<string, string>() };
    expect(await take(wanted(), ME, options)).toHaveLength(3);
  });

  it('counts from where the schedule of a recovered delivery began anew', async () => {
    const { first, wanted } = await queued(1);
    await storage().dataSource.query(
      'UPDATE delivery_queue SET attempt = 9, attempts_before = 9 WHERE delivery_id = $1',
      [first.id],
    );
    const [claimed] = await take(wanted(), ME);
    expect(claimed).toMatchObject({ attempt: 10, scheduleAttempt: 1 });
  });

  it('takes over when a lease has run out, and records the attempt that was interrupted', async () => {
    const { first, wanted } = await queued(1);
    await take(wanted(), LOST);
    const [again] = await take(wanted(), ME);
    expect(again).toMatchObject({ id: first.id, attempt: 2 });
    expect(await attempts(first.id)).toEqual([{ number: 1, outcome: 'interrupted' }]);
  });
});

describe('settle', () => {
  it('records the attempt, ends the delivery and takes it out of the queue', async () => {
    const { first, wanted } = await queued(1);
    await take(wanted(), ME);
    await storage().settlements.settle([settlement({ deliveryId: first.id })]);
    expect(await stored(first.id)).toMatchObject({ status: 'delivered', attempts: 1, code: 200 });
    expect(await attempts(first.id)).toEqual([{ number: 1, outcome: 'delivered' }]);
    expect(await inQueue(first.id)).toEqual([]);
  });

  it('plans the next attempt, which nobody holds', async () => {
    const { first, wanted } = await queued(1);
    await take(wanted(), ME);
    await storage().settlements.settle([retry(first.id, 1)]);
    expect(await stored(first.id)).toMatchObject({ status: 'retrying', planned: true });
    expect(await inQueue(first.id)).toMatchObject([{ attempt: 1, holder: null, due: false }]);
    expect(await take(wanted(), ME)).toEqual([]);
  });

  it('twice is as good as once', async () => {
    const { first, wanted } = await queued(1);
    await take(wanted(), ME);
    const ended = [settlement({ deliveryId: first.id })];
    await Promise.all([storage().settlements.settle(ended), storage().settlements.settle(ended)]);
    await storage().settlements.settle(ended);
    expect(await stored(first.id)).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(await attempts(first.id)).toHaveLength(1);
  });

  it('that comes too late is recorded, and does not overwrite what came after', async () => {
    const { first, wanted } = await queued(1);
    await take(wanted(), LOST);
    await take(wanted(), ME);
    await storage().settlements.settle([retry(first.id, 1)]);
    expect(await stored(first.id)).toMatchObject({ status: 'pending' });
    expect(await inQueue(first.id)).toMatchObject([{ attempt: 2, holder: 2, due: false }]);

    await storage().settlements.settle([settlement({ deliveryId: first.id, number: 2 })]);
    await storage().settlements.settle([retry(first.id, 1)]);
    expect(await stored(first.id)).toMatchObject({ status: 'delivered', attempts: 2 });
    expect(await inQueue(first.id)).toEqual([]);
    expect(await attempts(first.id)).toEqual([
      { number: 1, outcome: 'rejected' },
      { number: 2, outcome: 'delivered' },
    ]);
  });

  it('of a batch settles each on its own', async () => {
    const { deliveries, wanted } = await queued(3);
    await take(wanted(), ME);
    const [one, two, three] = deliveries.map(({ id }) => id);
    await storage().settlements.settle([
      settlement({ deliveryId: one }),
      retry(two ?? '', 1),
      settlement({ deliveryId: three, outcome: 'rejected', status: 'exhausted', statusCode: 410 }),
    ]);
    const states = await Promise.all([one, two, three].map((id) => stored(id ?? '')));
    expect(states.map((state) => state?.status)).toEqual(['delivered', 'retrying', 'exhausted']);
  });
});

describe('hand back', () => {
  it('leaves a delivery as if it had not been taken', async () => {
    const { first, wanted } = await queued(1);
    await take(wanted(), ME);
    await storage().queue.handBack([{ id: first.id, attempt: 1 }], ME.holder);
    expect(await inQueue(first.id)).toEqual([
      { attempt: 0, holder: null, trigger: 'automatic', due: true },
    ]);
    expect(await take(wanted(), ANOTHER)).toMatchObject([{ attempt: 1 }]);
    expect(await attempts(first.id)).toEqual([]);
  });

  it('takes nothing from whoever holds it by now', async () => {
    const { first, wanted } = await queued(1);
    await take(wanted(), LOST);
    await take(wanted(), ANOTHER);
    await storage().queue.handBack([{ id: first.id, attempt: 1 }], LOST.holder);
    expect(await inQueue(first.id)).toMatchObject([{ attempt: 2, holder: 3, due: false }]);
  });

  it('takes nothing from who holds it anew', async () => {
    const { first, wanted } = await queued(1);
    await take(wanted(), { ...ME, leaseMs: 0 });
    await take(wanted(), ME);
    await storage().queue.handBack([{ id: first.id, attempt: 1 }], ME.holder);
    expect(await inQueue(first.id)).toMatchObject([{ attempt: 2, holder: 2, due: false }]);
  });

  it('can be for later', async () => {
    const { first, wanted } = await queued(1);
    await take(wanted(), ME);
    await storage().queue.handBack([{ id: first.id, attempt: 1 }], ME.holder, MINUTE);
    expect(await inQueue(first.id)).toMatchObject([{ attempt: 0, holder: null, due: false }]);
  });
});

describe('renew', () => {
  it('keeps what is held, and tells what somebody else has taken, or is gone', async () => {
    const { deliveries, wanted } = await queued(3);
    const [kept, taken, gone] = deliveries.map(({ id }) => id);
    await take(wanted(), LOST);
    await storage().dataSource.query(
      'UPDATE delivery_queue SET holder = 3 WHERE delivery_id = $1',
      [taken],
    );
    await storage().settlements.settle([settlement({ deliveryId: gone })]);
    const renewed = await storage().queue.renew(
      deliveries.map(({ id }) => id),
      { ...LOST, leaseMs: MINUTE },
    );
    expect([...renewed]).toEqual([kept]);
    expect(await inQueue(kept ?? '')).toMatchObject([{ attempt: 1, holder: 1, due: false }]);
    expect(await inQueue(taken ?? '')).toMatchObject([{ attempt: 1, holder: 3, due: true }]);
  });
});

/** Deliveries that wait for a webhook which has done nothing but fail. */
async function failed(count: number) {
  const waiting = await queued(count);
  await storeHealth(waiting.webhookId, { failures: 10 });
  return waiting;
}

/** What is known of a webhook's failures; held for so many milliseconds from now, or not at all. */
async function storeHealth(
  webhookId: string,
  { failures = 0, heldMs }: { failures?: number; heldMs?: number },
): Promise<void> {
  await storage().dataSource.query(
    `INSERT INTO webhook_health (webhook_id, failures, held_until)
     VALUES ($1, $2, now() + $3::float8 * interval '1 millisecond')
     ON CONFLICT (webhook_id) DO UPDATE SET failures = excluded.failures, held_until = excluded.held_until`,
    [webhookId, failures, heldMs ?? null],
  );
}

function retry(deliveryId: string, number: number) {
  return settlement({
    deliveryId,
    number,
    outcome: 'rejected',
    status: 'retrying',
    statusCode: 503,
    waitMs: MINUTE,
    countsAs: 'failure',
  });
}
