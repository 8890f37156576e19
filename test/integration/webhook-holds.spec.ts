import { newId } from '../../src/database/index.js';
import { endingHolds } from '../../src/webhooks/index.js';
import { useHealth } from './health.fixture.js';

const {
  query,
  held,
  settle,
  settleEach,
  healthAfter,
  rowOf,
  holdOf,
  placeOf,
  hold,
  recover,
  correct,
} = useHealth();

const PAUSE_MS = 60_000;

/** The time for which the breaker holds it has passed. */
const over = (webhookId: string) =>
  query(
    'UPDATE webhook_health SET held_until = now(), tripped_until = now() WHERE webhook_id = $1',
    [webhookId],
  );

describe('tripping the breaker', () => {
  it('is done once, whoever sees it, and undone by a success', async () => {
    const { webhookId, good, bad } = await held(5);
    await settle(bad());
    const health = await healthAfter(bad());
    const trips = Array.from({ length: 5 }, () => hold(health));
    const times = (await Promise.all(trips)).filter((time) => time !== undefined);
    expect(times).toHaveLength(1);
    expect(await rowOf(webhookId)).toMatchObject({ trips: 1, held: true, reason: 'failing' });

    const during = await healthAfter(bad());
    expect(during).toMatchObject({ trips: 1, isHeld: true, failures: 3 });
    const after = await healthAfter(good(), bad());
    expect(after).toMatchObject({ trips: 1, isHeld: false, hasSucceeded: true });
    expect(await rowOf(webhookId)).toMatchObject({ failures: 3, held: false, reason: null });
  });

  it('of which nothing was told is undone by a success alone', async () => {
    const { webhookId, good, bad } = await held(2);
    const health = await healthAfter(bad());
    expect(await hold(health, false)).toBeInstanceOf(Date);
    expect(await hold(health, false)).toBeUndefined();
    expect(await rowOf(webhookId)).toMatchObject({ trips: 0, held: true });
    await settle(good());
    expect(await rowOf(webhookId)).toMatchObject({ failures: 0, failing: false, held: false });
    expect(await recover(webhookId)).toBeUndefined();
  });

  it('stays as it is for a job that was there before: its own deliveries may have led to it', async () => {
    const { webhookId, workspaceId, bad } = await held(1);
    const jobId = newId();
    await query(
      `INSERT INTO jobs (id, workspace_id, kind, input, status, progress, created_by)
       VALUES ($1, $2, 'deliveries.recover', '{}', 'running', '{}', gen_random_uuid())`,
      [jobId, workspaceId],
    );
    await hold(await healthAfter(bad()));
    await query(endingHolds('SELECT $1::uuid', '$2'), [webhookId, jobId]);
    expect(await rowOf(webhookId)).toMatchObject({ held: true });
    await query(endingHolds('SELECT $1::uuid'), [webhookId]);
    expect(await rowOf(webhookId)).toMatchObject({ held: false });
  });

  it.each([429, 503])(
    'is done again when a probe is answered %d with a pause, for the longer of the two',
    async (statusCode) => {
      const { webhookId, bad } = await held(3);
      await hold(await healthAfter(bad()));
      await over(webhookId);
      const health = await healthAfter(bad({ statusCode, throttleMs: PAUSE_MS }));
      expect(health).toMatchObject({ isHeld: true, isTripped: false });
      expect(await hold(health)).toBeInstanceOf(Date);
      expect(await rowOf(webhookId)).toMatchObject({ trips: 2, reason: 'failing' });
      expect(await holdOf(webhookId)).toEqual({ reason: 'failing', minutes: 10 });
    },
  );

  it('is not done again while a pause hides its hold', async () => {
    const { webhookId, bad } = await held(3);
    await hold(await healthAfter(bad()));
    const health = await healthAfter(bad({ statusCode: 429, throttleMs: 20 * PAUSE_MS }));
    expect(health).toMatchObject({ isHeld: true, isTripped: true });
    expect(await hold(health)).toBeUndefined();
    expect(await holdOf(webhookId)).toEqual({ reason: 'throttled', minutes: 20 });
  });

  it('that an older process has undone does not come back with the next failure', async () => {
    const { webhookId, bad } = await held(2);
    await hold(await healthAfter(bad()));
    await query(
      `UPDATE webhook_health SET failures = 0, failing_since = NULL, trips = 0, held_until = NULL, held_reason = NULL
       WHERE webhook_id = $1`,
      [webhookId],
    );
    expect(await healthAfter(bad())).toMatchObject({ isHeld: false, isTripped: false });
  });

  it('does nothing when the webhook has succeeded since', async () => {
    const { webhookId, good, bad } = await held(2);
    const health = await healthAfter(bad());
    await settle(good());
    expect(await hold(health)).toBeUndefined();
    expect(await rowOf(webhookId)).toMatchObject({ trips: 0, held: false });
  });
});

/** A webhook that is held for ten minutes, and that has asked for a pause of one since. */
async function paused() {
  const { webhookId, good, bad } = await held(4);
  const health = await healthAfter(bad());
  await hold(health);
  await settle(bad({ statusCode: 429, throttleMs: PAUSE_MS }));
  expect(await holdOf(webhookId)).toEqual({ reason: 'failing', minutes: 10 });
  return { webhookId, good, bad };
}

describe('a pause that a receiver asks for while it is held for longer', () => {
  it('stays when somebody ends the hold, however often', async () => {
    const { webhookId } = await paused();
    for (let times = 0; times < 2; times++) {
      await query(endingHolds('SELECT $1::uuid'), [webhookId]);
      expect(await holdOf(webhookId)).toEqual({ reason: 'throttled', minutes: 1 });
    }
  });

  it('stays when a request from before succeeds, also after that was told', async () => {
    const { webhookId, good } = await paused();
    await settle(good());
    expect(await holdOf(webhookId)).toEqual({ reason: 'throttled', minutes: 1 });
    await recover(webhookId);
    expect(await holdOf(webhookId)).toEqual({ reason: 'throttled', minutes: 1 });
  });

  it('makes the hold no shorter', async () => {
    const { webhookId, bad } = await paused();
    await settle(bad());
    expect(await holdOf(webhookId)).toEqual({ reason: 'failing', minutes: 10 });
  });
});

describe('the end of a run of failures that was told of', () => {
  it('is told after somebody has corrected the webhook, too: once, and since the beginning', async () => {
    const { webhookId, good, bad } = await held(7);
    const health = await healthAfter(bad(), bad());
    await hold(health);
    await correct(webhookId);
    const untouched = { failures: 0, trips: 0, failing: false, held: false, reason: null };
    expect(await rowOf(webhookId)).toEqual(untouched);
    expect(await healthAfter(bad())).toMatchObject({ failures: 1, trips: 0, wasTold: true });
    await correct(webhookId);
    expect(await healthAfter(good())).toMatchObject({ hasSucceeded: true, wasTold: true });
    const failingSince = new Date(health.failingSince ?? '');
    expect(await recover(webhookId)).toMatchObject({ failures: 3, failingSince });
    expect(await recover(webhookId)).toBeUndefined();
    const before = await placeOf(webhookId);
    await settle(good());
    expect(await placeOf(webhookId)).toEqual(before);
  });

  it('is not told of one of which nothing was told before somebody corrected it', async () => {
    const { webhookId, good, bad } = await held(2);
    await settle(bad());
    await correct(webhookId);
    expect((await settle(good())).health).toEqual([]);
    expect(await recover(webhookId)).toBeUndefined();
  });

  it('is ended once, whoever sees it, and answers what the run was', async () => {
    const { webhookId, workspaceId, good, bad } = await held(4);
    const health = await healthAfter(bad(), bad(), bad());
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
    const health = await healthAfter(bad(), bad());
    await hold(health);
    await settleEach(good(), bad());
    expect(await healthAfter(good())).toMatchObject({ hasSucceeded: true, trips: 1 });
    expect(await recover(webhookId)).toMatchObject({ failures: 3 });
  });

  it('is the end of a hold, too, that a failure after the success has begun', async () => {
    const { webhookId, good, bad } = await held(4);
    const first = await healthAfter(bad(), bad());
    await hold(first);
    await settle(good());
    const second = await healthAfter(bad());
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
    const health = await healthAfter(bad());
    await hold(health);
    await query('UPDATE webhook_health SET probed_at = now() WHERE webhook_id = $1', [webhookId]);
    await settle(good());
    const probe = 'SELECT probed_at AS at FROM webhook_health WHERE webhook_id = $1';
    expect(await query(probe, [webhookId])).toEqual([{ at: null }]);
  });

  it('is no matter any more when the webhook is gone', async () => {
    const { webhookId, good, bad } = await held(2);
    const health = await healthAfter(bad());
    await hold(health);
    await settle(good());
    await query('DELETE FROM webhooks WHERE id = $1', [webhookId]);
    expect(await recover(webhookId)).toBeUndefined();
  });
});
