import { LOST, ME, useQueue } from './queue.fixture.js';
import { settlement } from './storage.fixture.js';

const { storage, queued, inQueue, stored, take } = useQueue();

const removeWebhook = (webhookId: string) =>
  storage().dataSource.query('DELETE FROM webhooks WHERE id = $1', [webhookId]);

describe('what waits for a webhook that was deleted', () => {
  it('is found and cancelled', async () => {
    const { first, webhookId } = await queued(1);
    await removeWebhook(webhookId);
    expect(await storage().upkeep.dueWebhooks()).toContainEqual({
      id: webhookId,
      workspaceId: null,
      orderedRevision: null,
    });
    await storage().upkeep.cancelSomeOf([webhookId]);
    expect(await stored(first.id)).toMatchObject({ status: 'cancelled', planned: false });
    expect(await inQueue(first.id)).toEqual([]);
  });

  it('is left to the worker that is sending it', async () => {
    const { first, webhookId, wanted } = await queued(1);
    await take(wanted(), ME);
    await removeWebhook(webhookId);
    await storage().upkeep.cancelSomeOf([webhookId]);
    expect(await inQueue(first.id)).toHaveLength(1);
    await storage().settlements.settle([settlement({ deliveryId: first.id })]);
    expect(await stored(first.id)).toMatchObject({ status: 'delivered' });
  });

  it('is cancelled too when the worker that held it is gone', async () => {
    const { first, webhookId, wanted } = await queued(1);
    await take(wanted(), LOST);
    await removeWebhook(webhookId);
    await storage().upkeep.cancelSomeOf([webhookId]);
    expect(await stored(first.id)).toMatchObject({ status: 'cancelled' });
  });
});

it('webhooks that are held have nothing due until the hold is over', async () => {
  const { webhookId, first } = await queued(1);
  const due = { id: webhookId, workspaceId: first.workspaceId, orderedRevision: null };
  const hold = (interval: string) =>
    storage().dataSource.query(
      `INSERT INTO webhook_health (webhook_id, held_until) VALUES ($1, now() + $2::interval)
       ON CONFLICT (webhook_id) DO UPDATE SET held_until = excluded.held_until`,
      [webhookId, interval],
    );
  expect(await storage().upkeep.dueWebhooks()).toContainEqual(due);
  await hold('1 minute');
  expect(await storage().upkeep.dueWebhooks()).not.toContainEqual(due);
  await hold('-1 second');
  expect(await storage().upkeep.dueWebhooks()).toContainEqual(due);
});

it('webhooks that want order are told with their revision', async () => {
  const { webhookId, first } = await queued(1);
  await storage().dataSource.query('UPDATE webhooks SET ordered = true WHERE id = $1', [webhookId]);
  const { workspaceId } = first;
  const due = { id: webhookId, workspaceId, orderedRevision: 3 };
  expect(await storage().upkeep.dueWebhooks()).toContainEqual(due);
});
