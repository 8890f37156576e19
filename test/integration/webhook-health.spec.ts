import { until } from '../support/until.js';
import { useHealth } from './health.fixture.js';

const DAY = 86_400_000;

const { query, held, settle, settleEach, healthAfter, rowOf, holdOf, placeOf } = useHealth();

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
    expect(health).toMatchObject([{ webhookId, failures: 4, trips: 0, isHeld: false }]);
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
    expect(await healthAfter(bad({ throttleMs: 60_000 }))).toMatchObject({ isHeld: true });
    await settleEach(bad({ throttleMs: 1_000 }), good());
    expect(await rowOf(webhookId)).toEqual({
      failures: 0,
      trips: 0,
      failing: false,
      held: true,
      reason: 'throttled',
    });
    expect(await holdOf(webhookId)).toEqual({ reason: 'throttled', minutes: 1 });
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
    const long = await healthAfter(bad());
    expect(long?.failingMs).toBeGreaterThan(10 * DAY);
    await ago(13);
    const anew = await healthAfter(bad());
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
