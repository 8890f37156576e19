import { eventInput, makeAutomation, publish, settledDeliveries } from '../support/builders.js';
import { OBEDIENT_THREADS } from '../support/server-host.js';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;

/** Threads that do as a template says, since none of the real language hangs. */
beforeAll(async () => {
  server = await startTestServer({ BUGLE_EVALUATION_TIMEOUT_MS: '100' }, OBEDIENT_THREADS);
});
afterAll(async () => {
  await server.stop();
});

const hanging = { templateFormat: 'text', template: 'hang' };
const fault = { path: '', code: 'evaluation_timeout' };

describe('of a rule that had to be stopped, nobody knows whether its condition held:', () => {
  it('a preview does not say that it matched', async () => {
    const body = { automation: hanging, event: eventInput() };
    expect(await server.api.make('/v1/automations/preview', body)).toMatchObject({
      matched: null,
      request: null,
      problems: [fault],
    });
  });

  it('an explanation has a word of its own for it', async () => {
    const automation = await makeAutomation(server.api, hanging);
    const eventId = await publish(server.api);
    const [delivery] = await settledDeliveries(server.api, eventId);
    const { body } = await server.api.get(`/v1/events/${eventId}/explain?outcome=stopped`);
    expect(body).toMatchObject({
      counts: { stopped: 1 },
      data: [
        {
          automationId: automation.id,
          deliveryId: delivery?.id,
          message: expect.stringMatching(/^It had to be stopped: .+ did not end within 100 ms/),
          status: 'failed',
          fault,
          trace: null,
          excerpt: null,
        },
      ],
    });
  });
});
