import { randomBytes } from 'node:crypto';
import type { RunningServer } from '../../src/startup/start.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startHere } from '../support/start-here.js';

const running: RunningServer[] = [];
let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
  await database.drop();
});

const newKey = () => randomBytes(32).toString('base64');

async function starts(masterKey: string): Promise<void> {
  const settings = { PORT: '0', BUGLE_LOG_LEVEL: 'silent', BUGLE_SHUTDOWN_GRACE_MS: '0' };
  const place = { DATABASE_URL: database.url, BUGLE_MASTER_KEY: masterKey };
  running.push(await startHere({ ...settings, ...place }));
}

const REFUSED = {
  setting: 'BUGLE_MASTER_KEY',
  message: expect.stringContaining('Start all processes with that one'),
};

it('is that of the first start, before there is any secret', async () => {
  const key = newKey();
  await starts(key);
  await starts(key);
  await expect(starts(newKey())).rejects.toMatchObject(REFUSED);
});

it('of processes that start together on a new database, those with another one do not start', async () => {
  const key = newKey();
  const starting = [key, key, newKey(), newKey()].map((each) => starts(each));
  const failed = (await Promise.allSettled(starting)).flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  // One kind of key has won.
  expect([2, 3]).toContain(failed.length);
  for (const reason of failed) expect(reason).toMatchObject(REFUSED);
});
