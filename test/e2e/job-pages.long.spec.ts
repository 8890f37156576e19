import { z } from 'zod';
import { newId } from '../../src/database/index.js';
import {
  type JobRunner,
  JobService,
  JobWorkerService,
  type PageEnd,
} from '../../src/jobs/index.js';
import { JobRepository } from '../../src/jobs/job.repository.js';
import type { Principal } from '../../src/workspaces/index.js';
import { startTestServerHere, type TestServerHere } from '../support/server-here.js';
import { until } from '../support/until.js';
import { Story } from './deliver.fixture.js';
import { ended, type JobBody } from './job.fixture.js';

let server: TestServerHere;
let story: Story;

// It takes requests and does no work: a page is done by the worker of a test.
beforeAll(async () => {
  server = await startTestServerHere({ BUGLE_ROLE: 'api' });
});
afterAll(() => server.stop());
beforeEach(async () => {
  story = new Story((await server.newWorkspace()).api);
});

/** Somebody who works until the test has ended. */
async function working(test: (worker: TestServerHere) => Promise<void>): Promise<void> {
  const worker = await server.join({ BUGLE_ROLE: 'worker' });
  try {
    await test(worker);
  } finally {
    await worker.stop();
  }
}

const outage = () => Object.assign(new Error('terminating connection'), { code: '57P01' });

describe('a page', () => {
  const input = z.object({});

  /** A job of a kind of its own, of which each page is done like this. */
  const ofKind = async (
    worker: TestServerHere,
    page: JobRunner<object>['page'],
  ): Promise<JobBody['id']> => {
    const kind = newId();
    worker.app.get(JobWorkerService).register({ kind, input, page });
    const { id: workspaceId } = (await story.api.get<{ id: string }>('/v1/workspace')).body;
    const caller: Principal = { workspaceId, keyId: newId(), scopes: [] };
    return (await server.app.get(JobService).make(caller, kind, {})).id;
  };

  const lastPage: PageEnd = { cursor: 'z', counts: { pages: 1 }, isLast: true };

  it('that an outage cut off is done again', () =>
    working(async (worker) => {
      const cursors: (string | null)[] = [];
      const id = await ofKind(worker, async ({ cursor }, store) => {
        cursors.push(cursor);
        if (cursors.length === 2) throw outage();
        const isLast = cursors.length === 3;
        await store(() => Promise.resolve({ cursor: 'a', counts: { pages: 1 }, isLast }));
      });
      expect(await ended(story.api, { id })).toMatchObject({
        status: 'done',
        progress: { pages: 2 },
      });
      expect(cursors).toEqual([null, 'a', 'a']);
    }));

  it('writes nothing when the job was cancelled meanwhile', () =>
    working(async (worker) => {
      let isStored: boolean | undefined;
      const id = await ofKind(worker, async (job, store) => {
        await story.api.post(`/v1/jobs/${job.id}/cancel`);
        isStored = await store(() => Promise.resolve(lastPage));
      });
      const { status, progress } = await ended(story.api, { id });
      expect({ status, progress }).toEqual({ status: 'cancelled', progress: {} });
      await until('the page has ended', () => isStored === false);
    }));

  it('of a workspace is done by one process at a time, however many look for work', async () => {
    const kind = newId();
    const { id: workspaceId } = (await story.api.get<{ id: string }>('/v1/workspace')).body;
    const caller: Principal = { workspaceId, keyId: newId(), scopes: [] };
    const jobs = server.app.get(JobRepository);
    for (let n = 0; n < 5; n++) await server.app.get(JobService).make(caller, kind, { n });
    const take = () => jobs.take([kind], { leaseMs: 60_000, served: [] });
    const taken = await Promise.all(Array.from({ length: 5 }, take));
    expect(taken.filter((job) => job !== undefined && job !== 'busy')).toHaveLength(1);
  });

  it('that fails again and again ends its job, and says so', () =>
    working(async (worker) => {
      let pages = 0;
      const id = await ofKind(worker, () => {
        pages += 1;
        throw new Error('a bug');
      });
      const { status, error } = await ended(story.api, { id }, 20_000);
      expect({ status, error }).toMatchObject({
        status: 'failed',
        error: { code: 'internal_error' },
      });
      expect(pages).toBe(5);
    }));
});
