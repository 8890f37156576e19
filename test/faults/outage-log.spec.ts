import { randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { Gate } from '../support/gate.js';
import { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

let database: TestDatabase;
let gate: Gate;
let server: ServerProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  gate = await Gate.before(database.url);
  server = await ServerProcess.start({
    PORT: '0',
    DATABASE_URL: gate.url,
    BUGLE_MASTER_KEY: randomBytes(32).toString('base64'),
    BUGLE_ADMIN_KEY: ADMIN_KEY,
    BUGLE_LOG_LEVEL: 'info',
    BUGLE_SWEEP_INTERVAL_MS: '50',
    BUGLE_SHUTDOWN_GRACE_MS: '1000',
  });
});
afterAll(async () => {
  await server.kill('SIGTERM');
  gate.stop();
  await database.drop();
});

const ADMIN_KEY = `bugle_test_${randomBytes(16).toString('hex')}`;
const SWEEPS = ['delivery.sweep', 'event.sweep'];

/** The failures in a row, of each line with this name. */
const failuresOf = (name: string): number[] =>
  server.stdout
    .split('\n')
    .filter((line) => line.includes(`"msg":"${name}"`))
    .map((line) => Number(Reflect.get(JSON.parse(line) as object, 'failures')));

/** Answers the status. */
async function publish(): Promise<number> {
  const { status } = await fetch(`${server.address}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'user.created', data: {} }),
  });
  return status;
}

it('an outage is a few lines, however often the sweeps try, and one when it is over', async () => {
  gate.shut();
  await until('they have tried often', () =>
    SWEEPS.every((sweep) => failuresOf(`${sweep}_failed`).includes(8)),
  );
  gate.open();
  await until('they work again', () =>
    SWEEPS.every((sweep) => failuresOf(`${sweep}_restored`).some((failures) => failures >= 8)),
  );
  for (const sweep of SWEEPS) {
    const told = failuresOf(`${sweep}_failed`);
    // Each of three loops tells of 1, 2, 4, 8 … failures, and of each new reason.
    expect(told.filter((failures) => failures > 8).length).toBeLessThan(4);
    expect(told.length).toBeLessThan(3 * 8);
  }
  expect(failuresOf('job.looked_for').length).toBeGreaterThan(0);
});

it('an outage is a few lines, however many requests it refuses', async () => {
  gate.shut();
  const asked = Array.from({ length: 100 }, publish);
  expect(new Set(await Promise.all(asked))).toEqual(new Set([503]));
  gate.open();
  await until('they are told of', () => failuresOf('http.database_away').includes(64));
  const told = failuresOf('http.database_away');
  expect(told).toEqual(expect.arrayContaining([1, 2, 4, 8, 16, 32, 64]));
  // Besides those, each new reason.
  expect(told.length).toBeLessThan(7 + 5);
  expect(failuresOf('http.failed')).toEqual([]);
});

it('a stop in an outage has a name for what could not be written', async () => {
  await until('a key is used', async () => (await publish()) === 202);
  gate.shut();
  await server.kill('SIGTERM');
  expect(failuresOf('api_key.last_used_failed').length).toBeGreaterThan(0);
  expect(server.stdout).not.toContain('"source":"nest"');
});
