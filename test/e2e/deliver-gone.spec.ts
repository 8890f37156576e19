import type { Socket } from 'node:net';
import { http, RawReceiver } from '../support/sending-trial.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { Story } from './deliver.fixture.js';

let server: TestServer;
let story: Story;
let raw: RawReceiver;
let url: string;
/** Those who wait for an answer. */
let waiting: Socket[];

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  waiting = [];
  raw = new RawReceiver((socket) => waiting.push(socket));
  url = `${await raw.open()}/hook`;
  story = new Story((await server.newWorkspace()).api);
});
afterEach(() => raw.close());

const sayGone = () => {
  for (const socket of waiting) socket.end(http('410 Gone', ''));
};

/** A webhook with that many attempts under way. */
const attempted = async (count = 1) => {
  const webhook = await story.webhook(url);
  const path = `/v1/webhooks/${webhook.id}`;
  const eventIds = await Promise.all(Array.from({ length: count }, () => story.publish()));
  await raw.received(count);
  return { path, eventIds };
};

/** The attempts of these events, once each has come to its end. */
const recorded = async (eventIds: string[]) => {
  const settled = eventIds.map((eventId) => story.settled(eventId, 'exhausted', 1));
  return (await Promise.all(settled)).flatMap(({ attempts }) => attempts);
};

describe('a 410', () => {
  it('that comes when the webhook was corrected already does not disable it', async () => {
    const { path, eventIds } = await attempted();
    await story.api.patch(path, { url: 'http://127.0.0.1:9/corrected' });
    sayGone();
    await recorded(eventIds);
    const webhook = await story.api.get(path);
    expect(webhook.body).toMatchObject({ enabled: true, disabledReason: null, revision: 2 });
  });

  it('given many times at once disables once', async () => {
    const { path, eventIds } = await attempted(8);
    sayGone();
    await recorded(eventIds);
    const webhook = await story.api.get(path);
    expect(webhook.body).toMatchObject({ enabled: false, disabledReason: 'gone', revision: 2 });
  });

  it('of a webhook that was deleted meanwhile is recorded all the same', async () => {
    const { path, eventIds } = await attempted();
    await story.api.delete(path);
    sayGone();
    expect(await recorded(eventIds)).toMatchObject([{ outcome: 'rejected', statusCode: 410 }]);
  });

  it('is recorded though the webhook cannot be disabled', async () => {
    const { path, eventIds } = await attempted();
    await server.query(
      'ALTER TABLE webhooks ADD CONSTRAINT stuck CHECK (disabled_reason IS NULL) NOT VALID',
    );
    sayGone();
    await recorded(eventIds);
    await server.query('ALTER TABLE webhooks DROP CONSTRAINT stuck');
    expect((await story.api.get(path)).body).toMatchObject({ enabled: true });
  });
});
