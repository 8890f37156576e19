import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { Story } from './deliver.fixture.js';

// The names are those of the tests in the repository of Outpost.
describe('regressions of a peer', () => {
  let server: TestServer;
  let receiver: Receiver;
  let story: Story;

  beforeAll(async () => {
    server = await startTestServer({
      BUGLE_RESPONSE_KEEP_BYTES: '1024',
      BUGLE_RESPONSE_READ_BYTES: '4096',
    });
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    receiver = await Receiver.start();
    story = new Story((await server.newWorkspace()).api);
  });
  afterEach(() => receiver.stop());

  it.each([1024, 1025, 4096, 4097, 1_000_000])(
    'TestE2E_Regression_WebhookResponseBodyCap (%i bytes)',
    async (length) => {
      receiver.answer({ body: 'é'.repeat(length / 2) + (length % 2 === 1 ? 'x' : '') });
      await story.webhook(receiver.url);
      const { attempts } = await story.settled(await story.publish(), 'delivered');
      expect(attempts[0]?.responseBody).toBe('é'.repeat(512));
      expect(receiver.requests).toHaveLength(1);
    },
  );

  it('TestE2E_Regression_FormatErrorIsDeliveredAttempt', async () => {
    const { id } = await story.webhook(receiver.url, { events: [] });
    await story.automation(id, { template: '{"n": {{ data.n }}}' });
    const { lastError, attempts } = await story.settled(await story.publish({ n: 'x' }), 'failed');
    expect(lastError).toMatchObject({ code: 'not_json', line: 1 });
    expect(attempts).toEqual([]);

    // It poisons nothing: what comes after it is delivered, and it is not tried again.
    await story.settled(await story.publish({ n: 1 }), 'delivered');
    expect(receiver.requests.map(({ body }) => body)).toEqual(['{"n": 1}']);
  });
});
