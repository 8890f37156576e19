import { jest } from '@jest/globals';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { Story } from './deliver.fixture.js';
import { countById, eventIdOf, keysOf, Load } from './load.fixture.js';
import { isVerified } from './signatures.fixture.js';

/** How fast a load goes is not what is tested. */
const LOAD_MS = 30_000;
jest.setTimeout(3 * LOAD_MS);

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  server = await startTestServer();
  receiver = await Receiver.start();
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

it('1000 publications by 64 clients, a tenth of them repeated: 900 events, each delivered once', async () => {
  const story = new Story(server.api);
  const { secret } = await story.webhook(receiver.url);
  const keys = keysOf(900);
  const load = new Load(server.api, keys);
  await load.ended;
  expect(load.accepted).toHaveLength(1000);
  expect(load.accepted.filter(({ duplicate }) => duplicate)).toHaveLength(100);
  expect(new Set(load.accepted.map(({ id, key }) => `${key} is ${id}`)).size).toBe(900);
  expect(load.eventIds.size).toBe(900);

  await receiver.received(900, LOAD_MS);
  const isLogged = async () => {
    const [row] = await server.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM deliveries WHERE status = 'delivered' AND attempt_count = 1`,
    );
    return row?.n === 900;
  };
  await until('all is in the log', isLogged, LOAD_MS);
  expect(await server.rowCounts()).toMatchObject({
    events: 900,
    deliveries: 900,
    attempts: 900,
    event_outbox: 0,
    delivery_queue: 0,
    idempotency_keys: 900,
  });
  // Had anything been sent twice, it would have arrived before this.
  await story.publish();
  const requests = await receiver.received(901);
  expect(requests).toHaveLength(901);
  expect(countById(requests).size).toBe(901);
  expect(requests.every((request) => isVerified(secret, request))).toBe(true);
  expect(new Set(requests.slice(0, 900).map(eventIdOf))).toEqual(load.eventIds);
});
