import {
  type DeliveryView,
  makeAutomation,
  makeWebhook,
  type PageView,
  publish,
  settledDeliveries,
} from '../support/builders.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
let receiver: Receiver;
let worker: TestServer | undefined;

beforeAll(async () => {
  // Nobody dispatches here, until a worker joins.
  server = await startTestServer({ BUGLE_ROLE: 'api' });
  receiver = await Receiver.start();
});
afterAll(async () => {
  await worker?.stop();
  await server.stop();
  await receiver.stop();
});

it('what was accepted before a webhook was disabled waits for it, and what came later does not', async () => {
  const { api } = await server.newWorkspace();
  const deliveriesOf = async (eventId: string) =>
    (await api.get<PageView<DeliveryView>>(`/v1/deliveries?eventId=${eventId}`)).body.data;
  const plain = await makeWebhook(api, { url: receiver.url, events: ['user.created'] });
  const used = await makeWebhook(api, { url: receiver.url, events: [] });
  await makeAutomation(api, { webhookId: used.id });
  const enable = async (enabled: boolean) => {
    for (const { id } of [plain, used]) await api.patch(`/v1/webhooks/${id}`, { enabled });
  };
  const before = await publish(api);
  await enable(false);
  const later = await publish(api);
  worker = await server.join({ BUGLE_ROLE: 'worker' });
  await until('they wait', async () => {
    const made = await deliveriesOf(before);
    return made.length === 2 && made.every(({ status }) => status === 'pending');
  });
  await until('the later one is dispatched', async () => {
    const { body } = await api.get<{ dispatched: boolean }>(`/v1/events/${later}/explain`);
    return body.dispatched;
  });
  expect(receiver.requests).toEqual([]);
  await enable(true);
  await settledDeliveries(api, before, 2);
  expect(await deliveriesOf(later)).toEqual([]);
});
