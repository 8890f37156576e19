import { newId } from '../../src/database/index.js';
import { endingHolds } from '../../src/webhooks/index.js';
import { ANOTHER, ME, MINUTE, useQueue } from './queue.fixture.js';

const { storage, queued, take } = useQueue();

const PROBING = { probeFrom: 10, fromKeys: new Map<string, string>() };

/** A webhook for which something waits, and which is held for an hour. */
async function held(reason: 'failing' | 'throttled') {
  const waiting = await queued(5);
  await storage().dataSource.query(
    `INSERT INTO webhook_health (webhook_id, failures, failing_since, trips, held_since, held_until, held_reason)
     VALUES ($1, 12, now(), 1, now(), now() + interval '1 hour', $2)`,
    [waiting.webhookId, reason],
  );
  return waiting;
}

const endHolds = (webhookIds: string[]) =>
  storage().dataSource.query(endingHolds('SELECT unnest($1::uuid[])'), [webhookIds]);

const endHoldFor = (jobId: string, webhookId: string) =>
  storage().dataSource.query(endingHolds('SELECT $1::uuid', '$2'), [webhookId, jobId]);

/** A job that somebody asks for now, by the clock of the database; its id has that of a process which is wrong. */
async function jobOf(webhookId: string, aheadMs: number): Promise<string> {
  const id = newId(Date.now() + aheadMs);
  await storage().dataSource.query(
    `INSERT INTO jobs (id, workspace_id, kind, input, status, progress, created_by)
     SELECT $1, workspace_id, 'deliveries.recover', '{}', 'running', '{}', gen_random_uuid() FROM webhooks WHERE id = $2`,
    [id, webhookId],
  );
  return id;
}

const holdAgain = (webhookId: string) =>
  storage().dataSource.query(
    `UPDATE webhook_health SET held_since = now(), held_until = now() + interval '1 hour' WHERE webhook_id = $1`,
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

  it.each([
    ['right', 0],
    ['slow', -5 * MINUTE],
    ['fast', 5 * MINUTE],
  ])('for a job is one end, not that of the next hold, with a %s clock', async (_, aheadMs) => {
    const { webhookId, wanted } = await held('failing');
    // A probe of before, which has led to this hold.
    await endHolds([webhookId]);
    await take(wanted(), ME, PROBING);
    await holdAgain(webhookId);
    const jobId = await jobOf(webhookId, aheadMs);
    await endHoldFor(jobId, webhookId);
    expect(await take(wanted(), ME, PROBING)).toHaveLength(1);
    await holdAgain(webhookId);
    await endHoldFor(jobId, webhookId);
    expect(await take(wanted(), ANOTHER, PROBING)).toEqual([]);
    await endHoldFor(await jobOf(webhookId, aheadMs), webhookId);
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
