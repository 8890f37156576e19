import { once } from 'node:events';
import type { DataSource, EntityManager } from 'typeorm';
import { createDataSource } from '../../src/database/index.js';
import { JobRepository } from '../../src/jobs/job.repository.js';
import { NOWHERE } from '../support/builders.js';
import type { Client, ProblemBody } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { Story } from './deliver.fixture.js';
import { anHourAgo, ended, type JobBody, streamOf } from './job.fixture.js';

let server: TestServer;
let story: Story;
let webhookId: string;

// It takes requests and does no work: a job runs for as long as a test wants it to.
beforeAll(async () => {
  server = await startTestServer({ BUGLE_ROLE: 'api' });
});
afterAll(() => server.stop());
beforeEach(async () => {
  story = new Story((await server.newWorkspace()).api);
  webhookId = (await story.webhook('http://127.0.0.1:9/')).id;
});

const SINCE = anHourAgo();
const recover = (fields: object = {}, api = story.api) =>
  api.make<JobBody>('/v1/deliveries/recover', { webhookId, since: SINCE, ...fields });

async function keyWith(...scopes: string[]): Promise<Client> {
  const name = scopes.join();
  const { key } = await story.api.make<{ key: string }>('/v1/api-keys', { name, scopes });
  return story.api.as(key);
}

/** Somebody who works until the test has ended. */
async function working(test: () => Promise<void>): Promise<void> {
  const worker = await server.join({ BUGLE_ROLE: 'worker' });
  try {
    await test();
  } finally {
    await worker.stop();
  }
}

/** One whose transactions stand still after each statement, as a process that gets no time does. */
function freezing(dataSource: DataSource, pause: () => Promise<unknown>): DataSource {
  const frozen = (manager: EntityManager) =>
    replacing(manager, 'query', async (text: string, values?: unknown[]) => {
      const rows = await manager.query<unknown>(text, values);
      await pause();
      return rows;
    });
  type Work = (manager: EntityManager) => Promise<unknown>;
  return replacing(dataSource, 'transaction', (work: Work) =>
    dataSource.transaction((manager) => work(frozen(manager))),
  );
}

const take = (jobs: JobRepository) =>
  jobs.take(['deliveries.recover'], { leaseMs: 60_000, served: [] });

function replacing<Whole extends object>(whole: Whole, name: keyof Whole, part: unknown): Whole {
  return new Proxy(whole, {
    get: (target, key) => (key === name ? part : Reflect.get(target, key)),
  });
}

describe('a job', () => {
  it('is shown from the moment it was asked for', async () => {
    const job = await recover();
    expect(job).toMatchObject({
      kind: 'deliveries.recover',
      input: { webhookId, status: 'exhausted', limit: 10_000 },
      status: 'running',
      progress: {},
      error: null,
      endedAt: null,
    });
    expect((await story.api.get(`/v1/jobs/${job.id}`)).body).toEqual(job);
    expect((await story.api.get('/v1/jobs')).body).toEqual({ data: [job], nextCursor: null });
  });

  it('asked for twice while it runs, is one', async () => {
    const asked = await Promise.all(Array.from({ length: 5 }, () => recover()));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    expect((await recover({ limit: 5 })).id).not.toBe(asked[0]?.id);
  });

  it('is done by whoever works, and can be watched until then', async () => {
    const { id } = await recover();
    const stream = streamOf(story.api, id);
    await working(async () => {
      const messages = await stream;
      expect(messages.at(0)).toMatchObject({ event: 'progress', job: { id, status: 'running' } });
      expect(messages.at(-1)).toMatchObject({ event: 'ended', job: { id, status: 'done' } });
    });
    const again = await streamOf(story.api, id);
    expect(again).toMatchObject([{ event: 'ended', job: { id, progress: { reopened: 0 } } }]);
  });

  it('is cancelled before its next page, once', async () => {
    const { id } = await recover();
    const { status, body } = await story.api.post<JobBody>(`/v1/jobs/${id}/cancel`);
    expect([status, body.status]).toEqual([200, 'cancelled']);
    const again = await story.api.post<ProblemBody>(`/v1/jobs/${id}/cancel`);
    expect([again.status, again.body.code]).toEqual([409, 'job_ended']);
    await working(async () => {
      await ended(story.api, await recover({ limit: 1 }));
      expect((await story.api.get<JobBody>(`/v1/jobs/${id}`)).body.progress).toEqual({});
    });
  });

  it('goes on where it was left by a worker that did not come back', async () => {
    const { id } = await recover();
    const lost = `UPDATE jobs SET taken_until = now() + interval '300 ms', progress = '{"reopened":7}' WHERE id = $1`;
    await server.query(lost, [id]);
    await working(async () => {
      expect((await ended(story.api, { id })).progress).toEqual({ lookedAt: 0, reopened: 7 });
    });
  });

  it('has failed when its webhook was deleted', async () => {
    const job = await recover();
    await story.api.delete(`/v1/webhooks/${webhookId}`);
    await working(async () => {
      const { status, error } = await ended(story.api, job);
      expect({ status, error }).toMatchObject({
        status: 'failed',
        error: { code: 'webhook_deleted' },
      });
    });
  });

  it('is forgotten when the log of its time is', async () => {
    const [old, running] = [await recover(), await recover({ limit: 1 })];
    await server.query(
      `UPDATE jobs SET status = 'done', ended_at = now() - interval '31 days' WHERE id = $1`,
      [old.id],
    );
    await working(() =>
      until('it is gone', async () => {
        const { status } = await story.api.get(`/v1/jobs/${old.id}`);
        return status === 404;
      }).then(() => undefined),
    );
    expect((await story.api.get(`/v1/jobs/${running.id}`)).status).toBe(200);
  });
});

describe('jobs', () => {
  it('of a workspace are 20 at a time', async () => {
    for (let limit = 1; limit <= 20; limit++) await recover({ limit });
    const { status, body } = await story.api.post<ProblemBody>('/v1/deliveries/recover', {
      webhookId,
      since: SINCE,
    });
    expect([status, body.code]).toEqual([409, 'too_many_jobs']);
  });

  it('take turns: a workspace with many does not hold up one with a single job', async () => {
    for (let limit = 1; limit <= 15; limit++) await recover({ limit });
    const other = new Story((await server.newWorkspace()).api);
    const theirs = (await other.webhook('http://127.0.0.1:9/')).id;
    const { id } = await recover({ webhookId: theirs }, other.api);
    await working(async () => {
      await ended(other.api, { id });
      await until('all have ended', async () => {
        const { data } = (await story.api.get<{ data: JobBody[] }>('/v1/jobs')).body;
        return data.every(({ status }) => status === 'done');
      });
    });
    const [order] = await server.query<{ before: number }>(
      `SELECT count(*)::int AS before FROM jobs WHERE workspace_id <> $1
         AND ended_at < (SELECT ended_at FROM jobs WHERE id = $2) AND id > $3`,
      [(await other.api.get<{ id: string }>('/v1/workspace')).body.id, id, webhookId],
    );
    expect(order?.before).toBeLessThan(8);
  });

  it('are taken by others when a worker stands still while it takes one', async () => {
    await recover();
    const connection = { url: server.databaseUrl };
    const dataSource = await createDataSource({ connection, schema: 'bugle' }).initialize();
    // A connection for each: the other one's first look is not to wait for one.
    await Promise.all([1, 2].map(() => dataSource.query('SELECT 1')));
    const [begin, standstill] = [new AbortController(), new AbortController()];
    const isOver = once(standstill.signal, 'abort');
    const stand = () => {
      begin.abort();
      return isOver;
    };
    const frozen = new JobRepository(freezing(dataSource, stand));
    const other = new JobRepository(dataSource);
    const begun = once(begin.signal, 'abort');
    const taking = take(frozen).catch((error: unknown) => error);
    // Whoever looks before it has the lock takes the job.
    await begun;
    expect(await take(other)).toBe('busy');
    const job = await until('the lock is free', async () => {
      const taken = await take(other);
      return taken !== 'busy' && taken;
    });
    expect(job).toMatchObject({ kind: 'deliveries.recover' });
    standstill.abort();
    expect(await taking).toBeInstanceOf(Error);
    await dataSource.destroy();
  });

  it("are nobody else's", async () => {
    const { id } = await recover();
    const stranger = (await server.newWorkspace()).api;
    for (const path of [`/v1/jobs/${id}`, `/v1/jobs/${id}/stream`, `/v1/jobs/${NOWHERE}`])
      expect((await stranger.get(path)).status).toBe(404);
    expect((await stranger.post(`/v1/jobs/${id}/cancel`)).status).toBe(404);
    expect((await story.api.get<JobBody>(`/v1/jobs/${id}`)).body.status).toBe('running');
  });

  it('are made with the scope redeliver, and read with that or read:logs', async () => {
    const [sending, reading] = await Promise.all([keyWith('redeliver'), keyWith('read:logs')]);
    const { id } = await recover({}, sending);
    for (const api of [sending, reading])
      expect((await api.get(`/v1/jobs/${id}`)).status).toBe(200);
    const ask = { webhookId, since: SINCE };
    for (const path of ['/v1/deliveries/recover', '/v1/deliveries/cancel', `/v1/jobs/${id}/cancel`])
      expect((await reading.post(path, ask)).status).toBe(403);
    expect((await reading.post(`/v1/webhooks/${webhookId}/replay`, { since: SINCE })).status).toBe(
      403,
    );
  });
});
