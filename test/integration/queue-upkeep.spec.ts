import { LOST, ME, useQueue } from './queue.fixture.js';
import { settlement } from './storage.fixture.js';

const { storage, queued, inQueue, stored } = useQueue();

const removeWebhook = (webhookId: string) =>
  storage().dataSource.query('DELETE FROM webhooks WHERE id = $1', [webhookId]);

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
    await storage().settlements.settle([settlement({ deliveryId: first.id })]);
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
