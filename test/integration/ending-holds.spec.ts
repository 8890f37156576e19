import { endingHolds } from '../../src/webhooks/index.js';
import { ANOTHER, ME, useQueue } from './queue.fixture.js';

const { storage, queued, take } = useQueue();

const PROBING = { probeFrom: 10, fromKeys: new Map<string, string>() };

/** A webhook for which something waits, and which is held for an hour. */
async function held(reason: 'failing' | 'throttled') {
  const waiting = await queued(5);
  await storage().dataSource.query(
    `INSERT INTO webhook_health (webhook_id, failures, failing_since, trips, held_until, held_reason)
     VALUES ($1, 12, now(), 1, now() + interval '1 hour', $2)`,
    [waiting.webhookId, reason],
  );
  return waiting;
}

const endHolds = (webhookIds: string[], askedAt = new Date()) =>
  storage().dataSource.query(endingHolds('SELECT unnest($1::uuid[])', '$2'), [webhookIds, askedAt]);

const holdAgain = (webhookId: string) =>
  storage().dataSource.query(
    `UPDATE webhook_health SET held_until = now() + interval '1 hour' WHERE webhook_id = $1`,
    [webhookId],
  );

describe('the end of a hold by hand', () => {
  it('lets one probe go, however often it is asked for, and keeps the run of failures', async () => {
    const { webhookId, wanted } = await held('failing');
    expect(await take(wanted(), ME, PROBING)).toEqual([]);
    await endHolds([webhookId]);
    expect(await take(wanted(), ME, PROBING)).toMatchObject([{ isProbe: true }]);
    await endHolds([webhookId]);
    expect(await take(wanted(), ANOTHER, PROBING)).toEqual([]);
    const [health] = await storage().dataSource.query<object[]>(
      'SELECT failures, trips FROM webhook_health WHERE webhook_id = $1 AND failing_since IS NOT NULL',
      [webhookId],
    );
    expect(health).toEqual({ failures: 12, trips: 1 });
  });

  it('is not the end of the next hold, to which a probe has led since, until it is asked for anew', async () => {
    const { webhookId, wanted } = await held('failing');
    const askedAt = new Date();
    await endHolds([webhookId], askedAt);
    await take(wanted(), ME, PROBING);
    await holdAgain(webhookId);
    await endHolds([webhookId], askedAt);
    expect(await take(wanted(), ANOTHER, PROBING)).toEqual([]);
    // By the clock of the database: after the probe, whatever ours says.
    await storage().dataSource.query(endingHolds('SELECT $1::uuid'), [webhookId]);
    expect(await take(wanted(), ANOTHER, PROBING)).toHaveLength(1);
  });

  it('leaves a pause that the receiver asked for, and the holds of other webhooks', async () => {
    const [throttled, failing, other] = [
      await held('throttled'),
      await held('failing'),
      await held('failing'),
    ];
    await endHolds([throttled.webhookId, failing.webhookId]);
    expect(await take(throttled.wanted(), ME, PROBING)).toEqual([]);
    expect(await take(failing.wanted(), ME, PROBING)).toHaveLength(1);
    expect(await take(other.wanted(), ME, PROBING)).toEqual([]);
  });

  it('of many webhooks from many sides at once ends in no deadlock', async () => {
    const webhooks = await Promise.all(Array.from({ length: 30 }, () => held('failing')));
    const ids = webhooks.map(({ webhookId }) => webhookId);
    const endings = Array.from({ length: 12 }, (_, turn) =>
      endHolds(turn % 2 === 0 ? ids : ids.toReversed()),
    );
    const results = await Promise.allSettled(endings);
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
  });
});
