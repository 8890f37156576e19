import { Gate } from '../support/gate.js';
import { Receiver } from '../support/receiver.js';
import { http, RawReceiver } from '../support/sending-trial.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { Story } from './deliver.fixture.js';

let api: TestServer;

beforeAll(async () => {
  api = await startTestServer({ BUGLE_ROLE: 'api', BUGLE_SWEEP_INTERVAL_MS: '20' });
});
afterAll(() => api.stop());

const newStory = async () => new Story((await api.newWorkspace()).api);

/** A worker whose way to the database can be shut. */
async function gatedWorker() {
  const gate = await Gate.before(api.databaseUrl);
  const worker = await api.join({ BUGLE_ROLE: 'worker', DATABASE_URL: gate.url });
  return { gate, worker };
}

describe('an attempt that is made while the database is away', () => {
  it('is written down when that is back, and not sent again', async () => {
    const { gate, worker } = await gatedWorker();
    const raw = new RawReceiver((socket) => {
      gate.shut();
      socket.end(http('200 OK', 'thanks'));
    });
    const story = await newStory();
    await story.webhook(await raw.open());
    const eventId = await story.publish();
    await raw.received(1);
    // Several times it was tried in vain by then.
    await until('nobody got through', () => gate.refused > 20, 20_000);
    expect((await story.deliveries({ eventId }))[0]?.status).toBe('sending');
    gate.open();
    const { attempts } = await story.settled(eventId, 'delivered');
    expect(attempts).toMatchObject([{ number: 1, outcome: 'delivered', responseBody: 'thanks' }]);
    expect(raw.requests).toHaveLength(1);
    await worker.stop();
    gate.stop();
    raw.close();
  });

  it('does not keep the process from ending', async () => {
    const { gate, worker } = await gatedWorker();
    const raw = new RawReceiver((socket) => {
      gate.shut();
      socket.end(http('200 OK', 'thanks'));
    });
    const story = await newStory();
    await story.webhook(await raw.open());
    await story.publish();
    await raw.received(1);
    await until('nobody got through', () => gate.refused > 5, 20_000);
    const begun = performance.now();
    await worker.stop().catch(() => undefined);
    expect(performance.now() - begun).toBeLessThan(8_000);
    gate.stop();
    raw.close();
  });
});

describe('an answer that the database refuses', () => {
  it('is told of in the log, its delivery goes on, and its neighbours are stored as they are', async () => {
    const worker = await api.join({ BUGLE_ROLE: 'worker' });
    await api.query(
      `ALTER TABLE attempts ADD CONSTRAINT clean CHECK (response_body IS DISTINCT FROM 'poison')`,
    );
    const receiver = await Receiver.start(({ body }) => ({
      body: body.includes('"bad":true') ? 'poison' : 'fine',
    }));
    const story = await newStory();
    await story.webhook(receiver.url);
    const good = await Promise.all([1, 2, 3, 4].map((n) => story.publish({ n })));
    const bad = await story.publish({ bad: true });
    const more = await Promise.all([5, 6, 7, 8].map((n) => story.publish({ n })));
    const { attempts } = await story.settled(bad, 'delivered', 1);
    expect(attempts).toMatchObject([
      { outcome: 'delivered', statusCode: 200, responseBody: null, error: { code: 'not_stored' } },
    ]);
    for (const eventId of [...good, ...more]) {
      const delivery = await story.settled(eventId, 'delivered', 1);
      expect(delivery.attempts[0]?.responseBody).toBe('fine');
    }
    expect(receiver.requests).toHaveLength(9);
    await api.query('ALTER TABLE attempts DROP CONSTRAINT clean');
    await worker.stop();
    await receiver.stop();
  });
});
