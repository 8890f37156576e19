import type { Settlement } from '../../src/deliveries/delivery.js';
import type { HealthAfter } from '../../src/deliveries/settling/settlement.repository.js';
import { until } from '../support/until.js';
import {
  newDelivery,
  openStorage,
  settlement,
  type Storage,
  storeWebhook,
} from './storage.fixture.js';

const DAY = 86_400_000;

interface Row {
  failures: number;
  trips: number;
  failing: boolean;
  held: boolean;
  reason: string | null;
}

let storage: Storage;
beforeAll(async () => {
  storage = await openStorage();
});
afterAll(() => storage.close());

const query = <R>(sql: string, values: unknown[]) => storage.dataSource.query<R[]>(sql, values);

/** Deliveries of a new webhook that a worker holds for their first attempt; each can be settled once. */
async function held(count: number) {
  const webhook = await storeWebhook(storage);
  const deliveries = Array.from({ length: count }, () => newDelivery(webhook));
  const nobody = { holder: 0, leaseMs: 0 };
  await storage.queue.enqueue({ eventIds: [], deliveries, held: [], lease: nobody });
  await query('UPDATE delivery_queue SET attempt = 1, holder = 1 WHERE webhook_id = $1', [
    webhook.webhookId,
  ]);
  const waiting = deliveries.map(({ id }) => id);
  const base = { ...webhook, webhookRevision: 3 };
  const next = () => ({ ...base, deliveryId: waiting.shift() });
  return {
    ...webhook,
    good: (more: Partial<Settlement> = {}) => settlement({ ...next(), ...more }),
    bad: (more: Partial<Settlement> = {}) => settlement({ ...next(), ...FAILED, ...more }),
  };
}

const FAILED: Partial<Settlement> = {
  outcome: 'rejected',
  status: 'retrying',
  statusCode: 500,
  waitMs: 60_000,
  countsAs: 'failure',
};

const settle = (...settlements: Settlement[]) => storage.settlements.settle(settlements);
const settleEach = async (...settlements: Settlement[]) => {
  for (const one of settlements) await settle(one);
};

const rowOf = async (webhookId: string) => {
  const [row] = await query<Row>(
    `SELECT failures, trips, failing_since IS NOT NULL AS failing, COALESCE(held_until > now(), false) AS held,
       held_reason AS reason FROM webhook_health WHERE webhook_id = $1`,
    [webhookId],
  );
  return row;
};

const hold = (health: HealthAfter, isTold = true) =>
  storage.settlements.trip(health, { ms: 60_000, isTold });
const recover = (webhookId: string) =>
  storage.statements.transaction((on) => storage.settlements.recover(webhookId, on));

/** Where the row lies: another place after each write. */
const placeOf = (webhookId: string) =>
  query('SELECT ctid::text, xmin::text FROM webhook_health WHERE webhook_id = $1', [webhookId]);

const healthOf = (webhookId: string, health: readonly HealthAfter[]) =>
  health.find((one) => one.webhookId === webhookId);

describe('settling', () => {
  it('writes nothing for a webhook that does well, neither before it failed nor long after', async () => {
    const { webhookId, good, bad } = await held(5);
    await settleEach(good(), good());
    expect(await rowOf(webhookId)).toBeUndefined();
    await settleEach(bad(), good());
    expect(await rowOf(webhookId)).toMatchObject({ failures: 0, failing: false });
    const before = await placeOf(webhookId);
    await settle(good());
    expect(await placeOf(webhookId)).toEqual(before);
  });

  it('counts failures in a row, answers how the webhook does, and forgets them with a success', async () => {
    const { webhookId, good, bad } = await held(6);
    await settleEach(bad(), bad());
    const { health, failed } = await settle(bad(), bad());
    expect(healthOf(webhookId, health)).toMatchObject({ failures: 4, trips: 0, isHeld: false });
    expect(failed).toMatchObject([
      { eventType: 'user.created', automationId: null, settlement: { webhookId } },
      { settlement: { webhookId } },
    ]);
    expect((await settle(good())).failed).toEqual([]);
    expect(await rowOf(webhookId)).toMatchObject({ failures: 0, trips: 0, failing: false });
  });

  it('takes attempts that come in together for as good as the best of them', async () => {
    const { webhookId, good, bad } = await held(3);
    await settle(bad(), good(), bad());
    expect(await rowOf(webhookId)).toBeUndefined();
  });

  it('counts no attempt twice when it is settled twice, nor one that somebody else holds by now', async () => {
    const { webhookId, bad } = await held(2);
    const once = bad();
    await settleEach(once, once, { ...bad(), number: 2 });
    expect(await rowOf(webhookId)).toMatchObject({ failures: 1 });
  });

  it('counts nothing against a webhook that was corrected or deleted since, nor what is not its fault', async () => {
    const { webhookId, bad } = await held(3);
    await settleEach(bad({ webhookRevision: 2 }), bad({ countsAs: null }));
    expect(await rowOf(webhookId)).toBeUndefined();
    await query('DELETE FROM webhooks WHERE id = $1', [webhookId]);
    const { failed, health } = await settle(bad());
    expect(failed).toHaveLength(1);
    expect(health).toEqual([]);
    expect(await rowOf(webhookId)).toBeUndefined();
  });

  it('holds the webhook for as long as the receiver asks, also when a request from before still succeeds', async () => {
    const { webhookId, good, bad } = await held(4);
    const { health } = await settle(bad({ throttleMs: 60_000 }));
    expect(healthOf(webhookId, health)).toMatchObject({ isHeld: true });
    await settleEach(bad({ throttleMs: 1_000 }), good());
    expect(await rowOf(webhookId)).toEqual({
      failures: 0,
      trips: 0,
      failing: false,
      held: true,
      reason: 'throttled',
    });
    const [row] = await query<{ seconds: number }>(
      'SELECT extract(epoch FROM held_until - now())::float AS seconds FROM webhook_health WHERE webhook_id = $1',
      [webhookId],
    );
    expect(row?.seconds).toBeGreaterThan(30);
  });

  it('begins a new run of failures after a long silence', async () => {
    const { webhookId, bad } = await held(3);
    const ago = (days: number) =>
      query(
        `UPDATE webhook_health SET failing_since = now() - $2 * interval '1 day' WHERE webhook_id = $1`,
        [webhookId, days],
      );
    await settle(bad());
    await ago(11);
    const long = healthOf(webhookId, (await settle(bad())).health);
    expect(long?.failingMs).toBeGreaterThan(10 * DAY);
    await ago(13);
    const anew = healthOf(webhookId, (await settle(bad())).health);
    expect(anew?.failingMs).toBeLessThan(DAY);
  });

  it('of many webhooks at once from many sides never ends in a deadlock', async () => {
    const webhooks = await Promise.all(Array.from({ length: 12 }, () => held(16)));
    const batches = Array.from({ length: 8 }, (_, turn) => {
      const order = turn % 2 === 0 ? webhooks : webhooks.toReversed();
      return order.flatMap(({ good, bad }, index) =>
        (index + turn) % 3 === 0 ? [good(), bad()] : [bad(), bad()],
      );
    });
    const results = await Promise.allSettled(batches.map((batch) => settle(...batch)));
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
  });
});

describe('tripping the breaker', () => {
  it('is done once, whoever sees it, and undone by a success', async () => {
    const { webhookId, good, bad } = await held(5);
    await settle(bad());
    const health = healthOf(webhookId, (await settle(bad())).health);
    if (!health) throw new Error('no health');
    const trips = Array.from({ length: 5 }, () => hold(health));
    const times = (await Promise.all(trips)).filter((time) => time !== undefined);
    expect(times).toHaveLength(1);
    expect(await rowOf(webhookId)).toMatchObject({ trips: 1, held: true, reason: 'failing' });

    const during = healthOf(webhookId, (await settle(bad())).health);
    expect(during).toMatchObject({ trips: 1, isHeld: true, failures: 3 });
    const after = healthOf(webhookId, (await settle(good(), bad())).health);
    expect(after).toMatchObject({ trips: 1, isHeld: false, hasSucceeded: true });
    expect(await rowOf(webhookId)).toMatchObject({ failures: 3, held: false, reason: null });
  });

  it('of which nothing was told is undone by a success alone', async () => {
    const { webhookId, good, bad } = await held(2);
    const health = healthOf(webhookId, (await settle(bad())).health);
    if (!health) throw new Error('no health');
    expect(await hold(health, false)).toBeInstanceOf(Date);
    expect(await hold(health, false)).toBeUndefined();
    expect(await rowOf(webhookId)).toMatchObject({ trips: 0, held: true });
    await settle(good());
    expect(await rowOf(webhookId)).toMatchObject({ failures: 0, failing: false, held: false });
    expect(await recover(webhookId)).toBeUndefined();
  });

  it('does nothing when the webhook has succeeded since', async () => {
    const { webhookId, good, bad } = await held(2);
    const health = healthOf(webhookId, (await settle(bad())).health);
    if (!health) throw new Error('no health');
    await settle(good());
    expect(await hold(health)).toBeUndefined();
    expect(await rowOf(webhookId)).toMatchObject({ trips: 0, held: false });
  });
});

describe('the end of a run of failures that was told of', () => {
  it('is ended once, whoever sees it, and answers what the run was', async () => {
    const { webhookId, workspaceId, good, bad } = await held(4);
    const health = healthOf(webhookId, (await settle(bad(), bad(), bad())).health);
    if (!health) throw new Error('no health');
    await hold(health);
    await settle(good());
    const ended = await Promise.all(Array.from({ length: 4 }, () => recover(webhookId)));
    expect(ended.filter((run) => run !== undefined)).toEqual([
      {
        workspaceId,
        name: 'webhook',
        url: 'http://127.0.0.1',
        failures: 3,
        failingSince: new Date(health.failingSince ?? ''),
        recoveredAt: expect.any(Date),
      },
    ]);
    expect(await rowOf(webhookId)).toMatchObject({ failures: 0, trips: 0, failing: false });
  });

  it('is left to the next success should its worker die, with all that has failed until then', async () => {
    const { webhookId, good, bad } = await held(5);
    const health = healthOf(webhookId, (await settle(bad(), bad())).health);
    if (!health) throw new Error('no health');
    await hold(health);
    await settleEach(good(), bad());
    expect(healthOf(webhookId, (await settle(good())).health)).toMatchObject({
      hasSucceeded: true,
      trips: 1,
    });
    expect(await recover(webhookId)).toMatchObject({ failures: 3 });
  });

  it('is the end of a hold, too, that a failure after the success has begun', async () => {
    const { webhookId, good, bad } = await held(4);
    const first = healthOf(webhookId, (await settle(bad(), bad())).health);
    if (!first) throw new Error('no health');
    await hold(first);
    await settle(good());
    const second = healthOf(webhookId, (await settle(bad())).health);
    if (!second) throw new Error('no health');
    expect(await hold(second)).toEqual(expect.any(Date));
    await recover(webhookId);
    expect(await rowOf(webhookId)).toEqual({
      failures: 0,
      trips: 0,
      failing: false,
      held: false,
      reason: null,
    });
  });

  it('lets the next delivery go at once, told or not: the probe has done what it was for', async () => {
    const { webhookId, good, bad } = await held(2);
    const health = healthOf(webhookId, (await settle(bad())).health);
    if (!health) throw new Error('no health');
    await hold(health);
    await query('UPDATE webhook_health SET probed_at = now() WHERE webhook_id = $1', [webhookId]);
    await settle(good());
    const probe = 'SELECT probed_at AS at FROM webhook_health WHERE webhook_id = $1';
    expect(await query(probe, [webhookId])).toEqual([{ at: null }]);
  });

  it('is no matter any more when the webhook is gone', async () => {
    const { webhookId, good, bad } = await held(2);
    const health = healthOf(webhookId, (await settle(bad())).health);
    if (!health) throw new Error('no health');
    await hold(health);
    await settle(good());
    await query('DELETE FROM webhooks WHERE id = $1', [webhookId]);
    expect(await recover(webhookId)).toBeUndefined();
  });
});

describe('the next attempt', () => {
  it('is due after the wait by the clock of the database, whatever the worker’s says', async () => {
    const { bad } = await held(1);
    const { deliveryId, ...rest } = bad({ startedAt: '2001-01-01T00:00:00Z' });
    await settle({ deliveryId, ...rest });
    const [row] = await until('it is planned', () =>
      query<{ seconds: number; same: boolean }>(
        `SELECT extract(epoch FROM q.due_at - now())::float AS seconds, q.due_at = d.next_attempt_at AS same
         FROM delivery_queue q JOIN deliveries d ON d.id = q.delivery_id WHERE q.delivery_id = $1`,
        [deliveryId],
      ),
    );
    expect(row?.same).toBe(true);
    expect(row?.seconds).toBeGreaterThan(50);
    expect(row?.seconds).toBeLessThanOrEqual(60);
  });

  it('takes nothing of the schedule when the end of the worker has cut this one off', async () => {
    const { bad, webhookId } = await held(2);
    await settle(bad({ waitMs: 0, isCutOff: true }), bad());
    const counts = `SELECT attempt - attempts_before AS n FROM delivery_queue WHERE webhook_id = $1 ORDER BY due_at`;
    expect(await query(counts, [webhookId])).toEqual([{ n: 0 }, { n: 1 }]);
  });
});
