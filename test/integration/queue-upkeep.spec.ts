import { ANOTHER, LOST, ME, MINUTE, useQueue } from './queue.fixture.js';
import { settlement } from './storage.fixture.js';

const { storage, queued, inQueue, stored, attempts } = useQueue();

const removeWebhook = (webhookId: string) =>
  storage().dataSource.query('DELETE FROM webhooks WHERE id = $1', [webhookId]);

describe('what dead workers held', () => {
  it('is due again at once, and what the living hold is not', async () => {
    const LOCKS = 4711;
    const { first, wanted, deliveries } = await queued(2);
    const living = storage().dataSource.createQueryRunner();
    await living.query('SELECT pg_advisory_lock($1, $2)', [LOCKS, ANOTHER.holder]);
    await storage().queue.claim(wanted(1), { holder: 999, leaseMs: MINUTE });
    await storage().queue.claim(wanted(1), ANOTHER);
    expect(await storage().queue.releaseOfDead(LOCKS)).toBeGreaterThan(0);
    await living.query('SELECT pg_advisory_unlock($1, $2)', [LOCKS, ANOTHER.holder]);
    await living.release();
    const rows = await Promise.all(deliveries.map(({ id }) => inQueue(id)));
    const byHolder = new Map(rows.flat().map((row) => [row.holder, row.due]));
    expect(byHolder).toEqual(
      new Map([
        [999, true],
        [ANOTHER.holder, false],
      ]),
    );
    expect(await attempts(first.id)).toEqual([]);
  });
});

describe('what waits for a webhook that was deleted', () => {
  it('is found and cancelled', async () => {
    const { first, webhookId } = await queued(1);
    await removeWebhook(webhookId);
    expect(await storage().queue.dueWebhooks()).toContainEqual({ id: webhookId, gone: true });
    await storage().queue.cancelOf([webhookId]);
    expect(await stored(first.id)).toMatchObject({ status: 'cancelled', planned: false });
    expect(await inQueue(first.id)).toEqual([]);
  });

  it('is left to the worker that is sending it', async () => {
    const { first, webhookId, wanted } = await queued(1);
    await storage().queue.claim(wanted(), ME);
    await removeWebhook(webhookId);
    await storage().queue.cancelOf([webhookId]);
    expect(await inQueue(first.id)).toHaveLength(1);
    await storage().queue.settle([settlement({ deliveryId: first.id })]);
    expect(await stored(first.id)).toMatchObject({ status: 'delivered' });
  });

  it('is cancelled too when the worker that held it is gone', async () => {
    const { first, webhookId, wanted } = await queued(1);
    await storage().queue.claim(wanted(), LOST);
    await removeWebhook(webhookId);
    await storage().queue.cancelOf([webhookId]);
    expect(await stored(first.id)).toMatchObject({ status: 'cancelled' });
  });
});
