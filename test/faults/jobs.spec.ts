import { jest } from '@jest/globals';
import { newId } from '../../src/database/index.js';
import type { Client } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { until } from '../support/until.js';
import { Ground, MAX_HELD, sentAgain } from './crash.fixture.js';
import { Story } from '../e2e/deliver.fixture.js';
import { anHourAgo, ended, type JobBody } from '../e2e/job.fixture.js';
import { countById } from '../e2e/load.fixture.js';

jest.setTimeout(120_000);

const COUNT = 2_400;
const SETTINGS = { BUGLE_LEASE_MS: '5000', BUGLE_ATTEMPT_TIMEOUT_MS: '1000' };

let ground: Ground;
let receiver: Receiver;

beforeEach(async () => {
  ground = await Ground.prepare();
  receiver = await Receiver.start();
});
afterEach(async () => {
  await receiver.stop();
  await ground.clear();
});

/** Asks for a job, kills the only server when some of its pages are done, and answers what became of it. */
async function killedInTheMiddle(ask: (api: Client, story: Story) => Promise<JobBody>) {
  const server = await ground.server(SETTINGS);
  const api = ground.api(server);
  const { id } = await ask(api, new Story(api));
  const reached = await until('some of its pages are done', async () => {
    const [job] = await ground.query<{ cursor: string | null; status: string }>(
      `SELECT cursor, status FROM jobs WHERE id = '${id}'`,
    );
    return job?.cursor ? job : undefined;
  });
  expect(reached.status).toBe('running');
  await server.kill('SIGKILL');

  const next = await ground.server(SETTINGS);
  const job = await ended(ground.api(next), { id }, 60_000);
  await ground.finished();
  await next.kill('SIGTERM');
  return job;
}

/** Every delivery has arrived, and of what was in flight no more than that came twice. */
async function expectEachSentOnce(): Promise<void> {
  expect(countById(receiver.requests).size).toBe(COUNT);
  expect(sentAgain(receiver)).toBeLessThanOrEqual(MAX_HELD);
  expect(
    await ground.query('SELECT status, count(*)::int AS n FROM deliveries GROUP BY 1'),
  ).toEqual([{ status: 'delivered', n: COUNT }]);
}

it('a recovery goes on after `kill -9`, and opens each delivery once', async () => {
  const { status, progress } = await killedInTheMiddle(async (api, story) => {
    const { id: webhookId } = await story.webhook(receiver.url);
    await manyExhausted(webhookId);
    return api.make('/v1/deliveries/recover', { webhookId, since: anHourAgo() });
  });
  expect({ status, progress }).toEqual({
    status: 'done',
    progress: { lookedAt: COUNT, reopened: COUNT },
  });
  await expectEachSentOnce();
});

it('a replay goes on after `kill -9`, and makes each delivery once', async () => {
  const { status, progress } = await killedInTheMiddle(async (api, story) => {
    const events = Array.from({ length: COUNT / 4 }, (_, n) => ({
      type: 'user.created',
      data: { n },
    }));
    for (let n = 0; n < 4; n++) await api.make('/v1/events/batch', { events });
    await ground.finished();
    const { id } = await story.webhook(receiver.url);
    return api.make(`/v1/webhooks/${id}/replay`, { since: anHourAgo() });
  });
  expect(status).toBe('done');
  // The page that was cut off was looked at again: what it had made is there already.
  expect(progress).toMatchObject({ lookedAt: COUNT, failed: 0 });
  expect((progress.made ?? 0) + (progress.existing ?? 0)).toBe(COUNT);
  await expectEachSentOnce();
});

/** Deliveries that were given up, straight into the table. */
async function manyExhausted(webhookId: string): Promise<void> {
  const ids = Array.from({ length: COUNT }, () => newId());
  await ground.query(
    `INSERT INTO deliveries (id, workspace_id, event_id, event_type, webhook_id, revision, status, body,
       attempt_count, created_at, updated_at)
     SELECT id, workspace_id, id, 'user.created', wanted_id, 1, 'exhausted', '{}', 2, now(), now()
     FROM unnest('{${ids.join()}}'::uuid[]) AS id,
       (SELECT id AS wanted_id, workspace_id FROM webhooks WHERE id = '${webhookId}') w`,
  );
}
