import { jest } from '@jest/globals';
import { Receiver } from '../support/receiver.js';
import { until } from '../support/until.js';
import { Ground, MAX_HELD, missing, sentAgain } from './crash.fixture.js';
import { Story } from '../e2e/deliver.fixture.js';
import { countById, keysOf, Load } from '../e2e/load.fixture.js';
import { isVerified } from '../e2e/signatures.fixture.js';

jest.setTimeout(60_000);

/** How fast a load goes is not what is tested. */
const LOAD_MS = 30_000;

let ground: Ground;
let receiver: Receiver;

beforeEach(async () => {
  ground = await Ground.prepare();
  receiver = await Receiver.start({ delayMs: 2 });
});
afterEach(async () => {
  await receiver.stop();
  await ground.clear();
});

/** Starts a server and a load on it, and ends the server by this signal in the middle of everything. */
async function endedInTheMiddle(signal: 'SIGKILL' | 'SIGTERM') {
  const server = await ground.server();
  const api = ground.api(server);
  const { secret } = await new Story(api).webhook(receiver.url);
  const load = new Load(api, keysOf(1800));
  await until(
    'much is accepted and some is delivered',
    () => load.accepted.length > 300 && receiver.requests.length > 100,
    LOAD_MS,
  );
  const started = performance.now();
  const exit = await server.kill(signal);
  await load.ended;
  return { load, secret, exit, tookMs: performance.now() - started };
}

it('after `kill -9`, every event that was answered 202 is delivered', async () => {
  const { load, secret, exit } = await endedInTheMiddle('SIGKILL');
  expect(exit).toEqual({ code: null, signal: 'SIGKILL' });
  expect(load.accepted.length).toBeLessThan(2000);
  expect(missing(load.eventIds, receiver).length).toBeGreaterThan(0);

  const next = await ground.server();
  await ground.finished();
  expect(missing(load.eventIds, receiver)).toEqual([]);
  expect(receiver.requests.every((request) => isVerified(secret, request))).toBe(true);
  expect(sentAgain(receiver)).toBeLessThanOrEqual(MAX_HELD);

  const attempts = await ground.attempts();
  const unlogged = [...countById(receiver.requests)].filter(
    ([id, sent]) => (attempts.get(id) ?? 0) < sent,
  );
  expect(unlogged).toEqual([]);
  const statuses = await ground.query('SELECT DISTINCT status FROM deliveries');
  expect(statuses).toEqual([{ status: 'delivered' }]);
  await next.kill('SIGTERM');
});

it('told to stop, it ends what it has begun, and leaves the rest to the next', async () => {
  const { load, exit, tookMs } = await endedInTheMiddle('SIGTERM');
  expect(exit).toEqual({ code: 0, signal: null });
  expect(tookMs).toBeLessThan(5_000);
  const atEnd = receiver.requests.length;
  const [settled] = await ground.query<{ n: number }>('SELECT count(*)::int AS n FROM attempts');
  expect(settled?.n).toBe(atEnd);

  const next = await ground.server();
  await ground.finished();
  expect(missing(load.eventIds, receiver)).toEqual([]);
  expect(sentAgain(receiver)).toBe(0);
  await next.kill('SIGTERM');
});
