import { jest } from '@jest/globals';
import { Receiver } from '../support/receiver.js';
import { until } from '../support/until.js';
import { Ground, missing } from './crash.fixture.js';
import { Story } from '../e2e/deliver.fixture.js';
import { Load } from '../e2e/load.fixture.js';

jest.setTimeout(60_000);

const EACH = 4;
const EVENTS = 40;

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

it('two workers share the work, and when one is killed the other takes over what it held', async () => {
  // A lease lasts far longer than an attempt: nothing here is taken over because a lease ran out.
  const settings = {
    BUGLE_IN_FLIGHT_PER_WEBHOOK: String(EACH),
    BUGLE_ATTEMPT_TIMEOUT_MS: '3000',
    BUGLE_RETRY_SCHEDULE: '0.1,0.1',
  };
  const [victim, survivor] = await Promise.all([
    ground.server({ ...settings, BUGLE_ROLE: 'worker' }),
    ground.server(settings),
  ]);
  const api = ground.api(survivor);
  const story = new Story(api);
  const kept = await story.webhook(`${receiver.url}/kept`);
  const deleted = await story.webhook(`${receiver.url}/deleted`);
  hangingAtFirst();
  const load = new Load(
    api,
    Array.from({ length: EVENTS }, (_, index) => `key ${index}`),
  );
  await load.ended;

  await receiver.received(4 * EACH);
  expect(await heldByEach()).toEqual([{ n: 2 * EACH }, { n: 2 * EACH }]);
  await api.delete(`/v1/webhooks/${deleted.id}`);
  await victim.kill('SIGKILL');
  const killedAt = performance.now();

  const takenOver = await until(
    'all is delivered or cancelled',
    async () => {
      const waiting = await ground.query('SELECT FROM delivery_queue');
      return waiting.length === 0 && interrupted();
    },
    25_000,
  );
  expect(performance.now() - killedAt).toBeLessThan(15_000);
  expect(takenOver).toEqual([
    { webhookId: kept.id, status: 'delivered', n: EACH },
    { webhookId: deleted.id, status: 'cancelled', n: EACH },
  ]);
  expect(missing(load.eventIds, receiver)).toEqual([]);
  await survivor.kill('SIGTERM');
});

/** Of the webhook that is kept, as many requests as both workers send at once get no answer; of the other one, none does. */
function hangingAtFirst(): void {
  let hung = 0;
  receiver.answer(({ url }) => ({ hang: url.endsWith('/deleted') || hung++ < 2 * EACH }));
}

function heldByEach() {
  return ground.query(
    'SELECT count(*)::int AS n FROM delivery_queue WHERE holder IS NOT NULL GROUP BY holder',
  );
}

/** Deliveries whose worker ended in the middle of an attempt, by what became of them. */
function interrupted() {
  return ground.query(
    `SELECT webhook_id AS "webhookId", status, count(*)::int AS n FROM attempts JOIN deliveries ON delivery_id = id
     WHERE outcome = 'interrupted' GROUP BY 1, 2 ORDER BY 1`,
  );
}
