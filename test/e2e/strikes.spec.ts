import {
  type AutomationView,
  makeAutomation,
  makeWebhook,
  publish,
  settledDeliveries,
} from '../support/builders.js';
import { Receiver } from '../support/receiver.js';
import { OBEDIENT_THREADS } from '../support/server-host.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
let receiver: Receiver;

/**
 * Rules are evaluated by threads that do as a template says: no template of the real language is known that hangs, and
 * should one be found it must end like this.
 */
beforeAll(async () => {
  const settings = { BUGLE_EVALUATION_TIMEOUT_MS: '200' };
  [server, receiver] = await Promise.all([
    startTestServer(settings, OBEDIENT_THREADS),
    Receiver.start(),
  ]);
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

describe('an automation that has to be stopped by force', () => {
  it('fails visibly, its neighbours are evaluated, and after three strikes it is disabled and says why', async () => {
    const { api } = server;
    const { id: webhookId } = await makeWebhook(api, { url: receiver.url });
    const text = { triggers: ['user.created'], webhookId, templateFormat: 'text' };
    const culprit = await makeAutomation(api, { ...text, template: 'hang' });
    const neighbour = await makeAutomation(api, { ...text, template: 'fine' });

    const events = [];
    for (let count = 0; count < 3; count += 1) {
      const eventId = await publish(api);
      events.push(eventId);
      const deliveries = await settledDeliveries(api, eventId, 2);
      expect(deliveries.find(({ automationId }) => automationId === culprit.id)).toMatchObject({
        status: 'failed',
        lastError: { code: 'evaluation_timeout' },
      });
      expect(deliveries.find(({ automationId }) => automationId === neighbour.id)).toMatchObject({
        status: 'delivered',
      });
    }
    const disabled = await until('the automation is disabled', async () => {
      const path = `/v1/automations/${culprit.id}`;
      const { body } = await api.get<AutomationView>(path);
      return !body.enabled && body;
    });
    expect(disabled.disabledReason).toMatch(/3 events/);
    expect(disabled.revision).toBe(2);
    const { body } = await api.get<{ data: object[] }>(`/v1/automations/${culprit.id}/revisions`);
    expect(body.data[0]).toMatchObject({
      revision: 2,
      editedBy: null,
      reason: disabled.disabledReason,
      definition: { enabled: false },
    });

    const after = await publish(api);
    expect(await settledDeliveries(api, after)).toMatchObject([{ automationId: neighbour.id }]);
  });
});
