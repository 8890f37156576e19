import { jest } from '@jest/globals';
import { Receiver } from '../support/receiver.js';
import { until } from '../support/until.js';
import { Ground } from '../faults/crash.fixture.js';
import { Story } from './deliver.fixture.js';
import { countById } from './load.fixture.js';

jest.setTimeout(120_000);

const HELD = 5;

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

const held = () =>
  ground.query('SELECT FROM delivery_queue WHERE holder IS NOT NULL AND due_at > now()');

it('a process that stood still sends nothing that another one has taken over', async () => {
  const settings = {
    BUGLE_LEASE_MS: '2000',
    BUGLE_ATTEMPT_TIMEOUT_MS: '500',
    BUGLE_RETRY_SCHEDULE: '0.1',
  };
  const still = await ground.server(settings);
  const story = new Story(ground.api(still));
  // One is under way, and the others wait in their lane.
  receiver.answer({ hang: true });
  await story.webhook(receiver.url, { rateLimit: { requests: 1, seconds: 1 } });
  const events = Array.from({ length: HELD }, () => ({ type: 'user.created', data: {} }));
  await story.api.post('/v1/events/batch', { events });
  await until('all are held, and one has arrived', async () => {
    return receiver.requests.length > 0 && (await held()).length === HELD;
  });
  still.signal('SIGSTOP');
  const arrived = new Set(countById(receiver.requests).keys());
  receiver.answer({});

  const other = await ground.server(settings);
  await ground.finished();
  still.signal('SIGCONT');
  await until('it knows what it has lost', () => still.stdout.includes('delivery.leases_lost'));
  // Had it sent anything of that, it would have arrived before this.
  await story.settled(await story.publish(), 'delivered');

  const counts = countById(receiver.requests);
  expect(counts.size).toBe(HELD + 1);
  const twice = [...counts].filter(([, count]) => count > 1).map(([id]) => id);
  expect(twice.filter((id) => !arrived.has(id))).toEqual([]);
  await Promise.all([still.kill('SIGTERM'), other.kill('SIGTERM')]);
});
