import { randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { Story } from '../e2e/deliver.fixture.js';
import { Client } from '../support/client.js';
import { OwnPostgres } from '../support/own-postgres.js';
import { Receiver } from '../support/receiver.js';
import { ServerProcess, type Settings } from '../support/server-process.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

const GRACE_MS = 1_000;
/** To write down what was cut off, and to close what does not answer. */
const AND_A_FEW_SECONDS_MS = 8_000;
const HELD = 3;

let postgres: OwnPostgres;
let receiver: Receiver;
let settings: Settings;

beforeAll(async () => {
  [postgres, receiver] = await Promise.all([OwnPostgres.start(), Receiver.start({ hang: true })]);
  settings = {
    PORT: '0',
    DATABASE_URL: postgres.url,
    BUGLE_MASTER_KEY: randomBytes(32).toString('base64'),
    BUGLE_ADMIN_KEY: `bugle_test_${randomBytes(16).toString('hex')}`,
    BUGLE_ALLOW_NETWORKS: '127.0.0.0/8',
    BUGLE_LOG_LEVEL: 'info',
    BUGLE_SWEEP_INTERVAL_MS: '50',
    BUGLE_SHUTDOWN_GRACE_MS: String(GRACE_MS),
  };
});
afterAll(() => receiver.stop());

const apiOf = ({ address }: ServerProcess) => new Client(address, settings.BUGLE_ADMIN_KEY);

/** How it ends after SIGTERM, and after how long. */
async function ended(server: ServerProcess) {
  const started = performance.now();
  const { code } = await server.kill('SIGTERM');
  return { code, ms: performance.now() - started };
}

async function held(): Promise<number> {
  const rows = await postgres.query('SELECT FROM delivery_queue WHERE holder IS NOT NULL');
  return rows.length;
}

async function isQueueEmpty(): Promise<boolean> {
  return (await postgres.query('SELECT FROM delivery_queue')).length === 0;
}

it('with requests under way it cuts them off after the grace time, hands all back, and ends well', async () => {
  const server = await ServerProcess.start(settings);
  const story = new Story(apiOf(server));
  await story.webhook(receiver.url);
  for (let n = 0; n < HELD; n++) await story.publish({ n });
  await receiver.received(HELD);
  const { code, ms } = await ended(server);
  expect(code).toBe(0);
  expect(ms).toBeLessThan(GRACE_MS + AND_A_FEW_SECONDS_MS);
  expect(await held()).toBe(0);
});

it('while PostgreSQL hangs it ends in time all the same, and says what it has left', async () => {
  const server = await ServerProcess.start(settings);
  await until('it holds what the first one gave back', async () => (await held()) === HELD);
  const goOn = await postgres.pause();
  // By then the sweeps wait for the database as well, and so does this request.
  await until('it has noticed', async () => (await apiOf(server).get('/readyz')).status === 503);
  const asking = apiOf(server)
    .get('/v1/webhooks')
    .catch(() => undefined);
  const { code, ms } = await ended(server);
  await asking;
  goOn();
  expect(ms).toBeLessThan(GRACE_MS + AND_A_FEW_SECONDS_MS);
  expect(code).toBe(1);
  const lines = server.stdout.split('\n').filter((line) => line.includes('stop.left_to_leases'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`"deliveries":${HELD}`);
  expect(server.stdout).toContain('stop.failed');
});

it('what was left so is sent by the next one', async () => {
  receiver.answer({});
  const server = await ServerProcess.start(settings);
  await until('nothing waits', isQueueEmpty, 60_000);
  expect(await ended(server)).toMatchObject({ code: 0 });
});
