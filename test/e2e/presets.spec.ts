import type { z } from 'zod';
import type { savedAutomation } from '../../src/automations/automation.dto.js';
import type { templatePresetList } from '../../src/automations/presets/preset.dto.js';
import { makeWebhook, publish, settledDeliveries, uniqueName } from '../support/builders.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';

type Saved = z.infer<typeof savedAutomation>;

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  [server, receiver] = await Promise.all([startTestServer(), Receiver.start()]);
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

describe('presets', () => {
  it('are accepted as they are offered, and each delivers', async () => {
    const { api } = server;
    const { id: webhookId } = await makeWebhook(api, { url: receiver.url });
    const { body } = await api.get<z.infer<typeof templatePresetList>>('/v1/template-presets');
    expect(body.data.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['slack', 'discord', 'microsoft-teams', 'telegram', 'zapier']),
    );
    for (const { template, templateFormat } of body.data) {
      const triggers = ['user.created'];
      const rule = { name: uniqueName('preset'), triggers, webhookId, template, templateFormat };
      const saved = await api.make<Saved>('/v1/automations', rule);
      expect(saved.warnings).toEqual([]);
    }
    const deliveries = await settledDeliveries(api, await publish(api), body.data.length);
    expect(deliveries.map(({ status }) => status)).toEqual(body.data.map(() => 'delivered'));
  });
});

describe('what is saved', () => {
  it('is answered with what is doubtful about it', async () => {
    const { api } = server;
    const { id: webhookId } = await makeWebhook(api, { url: receiver.url });
    const saved = await api.make<Saved>('/v1/automations', {
      name: uniqueName('doubtful'),
      triggers: ['user.created', 'usr.*'],
      webhookId,
      condition: { '==': [{ var: 'data.nmae' }, 'Ada'] },
      template: '{"text": "{{ daat.name }}"}',
    });
    expect(saved.warnings).toMatchObject([
      { path: 'triggers[1]', code: 'never_fires' },
      { path: 'condition.==[0].var', code: 'unknown_field' },
      { path: 'template', code: 'unknown_field', line: 1 },
    ]);
  });

  it('makes no revision when nothing changes', async () => {
    const { api } = server;
    const { id: webhookId } = await makeWebhook(api, { url: receiver.url });
    const rule = { name: uniqueName('same'), triggers: ['user.created'], webhookId };
    const { id, name } = await api.make<Saved>('/v1/automations', rule);
    const same = await api.patch<Saved>(`/v1/automations/${id}`, { name });
    expect(same.body.revision).toBe(1);
    const other = await api.patch<Saved>(`/v1/automations/${id}`, { description: 'new' });
    expect(other.body.revision).toBe(2);
  });

  it('can still be edited when an event type that it names was deleted', async () => {
    const { api } = server;
    const { id: webhookId } = await makeWebhook(api, { url: receiver.url });
    const type = { name: 'order.gone', description: 'For a while.', example: { data: { id: 1 } } };
    await api.make('/v1/event-types', type);
    const rule = { name: uniqueName('orphan'), triggers: ['order.gone'], webhookId };
    const { id } = await api.make<Saved>('/v1/automations', rule);
    await api.delete('/v1/event-types/order.gone');
    const edited = await api.patch<Saved>(`/v1/automations/${id}`, { description: 'orphaned' });
    expect(edited).toMatchObject({ status: 200, body: { warnings: [{ code: 'never_fires' }] } });
  });
});
