import {
  type DeliveryView,
  makeAutomation,
  makeWebhook,
  type PageView,
  publish,
  settledDeliveries,
  type WebhookView,
} from '../support/builders.js';
import type { Client } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
let receiver: Receiver;
let api: Client;
let worker: TestServer | undefined;

beforeAll(async () => {
  // Nobody dispatches here, until a worker joins.
  server = await startTestServer({ BUGLE_ROLE: 'api' });
  receiver = await Receiver.start();
});
beforeEach(async () => {
  ({ api } = await server.newWorkspace());
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  receiver.requests.length = 0;
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

const deliveriesOf = async (eventId: string) =>
  (await api.get<PageView<DeliveryView>>(`/v1/deliveries?eventId=${eventId}`)).body.data;
const webhook = async (id: string) => (await api.get<WebhookView>(`/v1/webhooks/${id}`)).body;
const edit = async (id: string, patch: object) =>
  (await api.patch<WebhookView>(`/v1/webhooks/${id}`, patch)).body;
const work = async () => {
  worker = await server.join({ BUGLE_ROLE: 'worker' });
};
const dispatched = (eventId: string) =>
  until('it is dispatched', async () => {
    const { body } = await api.get<{ dispatched: boolean }>(`/v1/events/${eventId}/explain`);
    return body.dispatched;
  });

it('what was accepted before a webhook was disabled waits for it, and what came later does not', async () => {
  const plain = await makeWebhook(api, { url: receiver.url, events: ['user.created'] });
  const used = await makeWebhook(api, { url: receiver.url, events: [] });
  await makeAutomation(api, { webhookId: used.id });
  const editBoth = async (patch: (name: string) => object) => {
    for (const { id, name } of [plain, used]) await edit(id, patch(name));
  };
  const before = await publish(api);
  await editBoth(() => ({ enabled: false }));
  const later = await publish(api);
  await editBoth((name) => ({ name: `${name}, renamed`, enabled: false }));
  await work();
  await until('they wait', async () => {
    const made = await deliveriesOf(before);
    return made.length === 2 && made.every(({ status }) => status === 'pending');
  });
  await dispatched(later);
  expect(receiver.requests).toEqual([]);
  await editBoth(() => ({ enabled: true }));
  await settledDeliveries(api, before, 2);
  expect(await deliveriesOf(later)).toEqual([]);
});

it('what was accepted before a webhook was made that is disabled is none of its business', async () => {
  const eventId = await publish(api);
  const draft = { url: receiver.url, events: ['user.created'], enabled: false };
  const { id } = await makeWebhook(api, draft);
  await makeAutomation(api, { webhookId: id });
  await edit(id, { description: 'Not before spring.' });
  await work();
  await dispatched(eventId);
  expect(await deliveriesOf(eventId)).toEqual([]);
  const { body } = await api.get<{ rules: object[] }>(`/v1/events/${eventId}/explain`);
  expect(JSON.stringify(body)).not.toContain('It fired');
});

describe('since when a webhook is disabled', () => {
  it('is told, whatever is edited meanwhile, until it is enabled', async () => {
    const { id, disabledAt } = await makeWebhook(api);
    expect(disabledAt).toBeNull();
    const start = Date.now();
    const { disabledAt: since } = await edit(id, { enabled: false });
    const time = Date.parse(since ?? '');
    expect(time).toBeGreaterThanOrEqual(start);
    expect(time).toBeLessThanOrEqual(Date.now());
    await until('it is later', () => Date.now() > time);
    expect(await edit(id, { name: `${id} renamed` })).toMatchObject({ disabledAt: since });
    expect(await edit(id, { enabled: false })).toMatchObject({ disabledAt: since });
    expect(await edit(id, { enabled: true })).toMatchObject({ disabledAt: null });
    const { disabledAt: anew } = await edit(id, { enabled: false });
    expect(Date.parse(anew ?? '')).toBeGreaterThan(time);
  });

  it('is the last edit before ours, when a process of an older version has disabled it', async () => {
    const { id } = await makeWebhook(api);
    await server.query('UPDATE webhooks SET enabled = false, updated_at = now() WHERE id = $1', [
      id,
    ]);
    const { disabledAt: since, updatedAt } = await webhook(id);
    expect(since).toBe(updatedAt);
    await until('it is later', () => Date.now() > Date.parse(updatedAt));
    expect(await edit(id, { name: `${id} renamed` })).toMatchObject({ disabledAt: since });
  });

  it('is told of one that Bugle has disabled, and of one that was made so', async () => {
    receiver.answer({ status: 410 });
    const { id } = await makeWebhook(api, { url: receiver.url, events: ['user.created'] });
    const draft = await makeWebhook(api, { enabled: false });
    await publish(api);
    await work();
    await until('it is disabled', async () => !(await webhook(id)).enabled);
    expect(await webhook(id)).toMatchObject({
      disabledReason: 'gone',
      disabledAt: expect.any(String),
    });
    const { createdAt } = await webhook(draft.id);
    expect(await edit(draft.id, { description: 'Not before spring.' })).toMatchObject({
      enabled: false,
      disabledAt: createdAt,
    });
  });
});
