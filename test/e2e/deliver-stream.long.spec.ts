import { randomBytes } from 'node:crypto';
import { Client } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { ServerProcess } from '../support/server-process.js';
import { Watcher } from './attempt-stream.fixture.js';
import { Story } from './deliver.fixture.js';

let database: TestDatabase;
let here: TestServer;
let elsewhere: ServerProcess;
let receiver: Receiver;

// Two servers on one database; this one does not send.
beforeAll(async () => {
  database = await createTestDatabase();
  const settings = {
    PORT: '0',
    DATABASE_URL: database.url,
    BUGLE_MASTER_KEY: randomBytes(32).toString('base64'),
    BUGLE_ADMIN_KEY: `bugle_test_${randomBytes(16).toString('hex')}`,
    BUGLE_ALLOW_NETWORKS: '127.0.0.0/8',
    BUGLE_RETRY_SCHEDULE: '0.01',
    BUGLE_SWEEP_INTERVAL_MS: '20',
    BUGLE_LOG_LEVEL: 'error',
  };
  here = await startTestServer({ ...settings, BUGLE_ROLE: 'api' });
  elsewhere = await ServerProcess.start(settings);
  receiver = await Receiver.start();
});
afterAll(async () => {
  await elsewhere?.kill('SIGTERM');
  await here?.stop();
  await receiver?.stop();
  await database?.drop();
});

const there = ({ key }: Client) => new Client(elsewhere.address, key);

describe('the live log', () => {
  it('shows the attempts of its workspace, wherever they were made, and of no other', async () => {
    receiver.answer((_, index) => ({ status: index === 0 ? 500 : 200, body: 'hello' }));
    const [mine, theirs] = [await here.newWorkspace(), await here.newWorkspace()];
    const watchers = await Promise.all([Watcher.open(mine.api), Watcher.open(theirs.api)]);
    // What is published there is sent there.
    const [story, other] = [new Story(there(mine.api)), new Story(there(theirs.api))];
    await story.webhook(receiver.url);
    await other.webhook(receiver.url);

    const delivery = await story.settled(await story.publish(), 'delivered');
    const seen = await watchers[0].seen(delivery.id, 2);
    expect(seen.map(({ attempt }) => attempt)).toEqual(delivery.attempts);
    const { requestBody: _, contentType: __, attempts: ___, ...shown } = delivery;
    expect(seen.at(-1)?.delivery).toEqual(shown);

    const foreign = await other.settled(await other.publish(), 'delivered');
    await watchers[1].seen(foreign.id);
    expect(watchers[1].attempts.map(({ deliveryId }) => deliveryId)).toEqual([foreign.id]);
    expect(watchers[0].attempts).toHaveLength(2);
    for (const watcher of watchers) watcher.close();
  });

  it('ends when its key is revoked', async () => {
    const { api } = await here.newWorkspace();
    const made = await api.make<{ id: string; key: string }>('/v1/api-keys', {
      name: 'watcher',
      scopes: ['read:logs'],
    });
    const watcher = await Watcher.open(api.as(made.key));
    expect((await api.delete(`/v1/api-keys/${made.id}`)).status).toBe(204);
    await watcher.ended;
  });

  it('ends when its server stops', async () => {
    const watcher = await Watcher.open(there(here.api));
    expect(await elsewhere.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    await watcher.ended;
  });
});
