import type { z } from 'zod';
import type { previewView } from '../../src/automations/preview/preview.dto.js';
import {
  eventInput,
  makeAutomation,
  makeWebhook,
  NOWHERE,
  publish,
  settledDeliveries,
} from '../support/builders.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';

type PreviewView = z.infer<typeof previewView>;

let server: TestServer;
let receiver: Receiver;
let webhookId: string;

beforeAll(async () => {
  [server, receiver] = await Promise.all([startTestServer(), Receiver.start()]);
  webhookId = (await makeWebhook(server.api, { url: receiver.url })).id;
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

const preview = async (body: object): Promise<PreviewView> => {
  const answer = await server.api.post<PreviewView>('/v1/automations/preview', body);
  expect(answer.status).toBe(200);
  return answer.body;
};

const post = (body: object) => server.api.post('/v1/automations/preview', body);

const GREETING = '{"text": "Welcome, {{ data.name }}!"}';
const CAPTAIN = { '==': [{ var: 'data.rank' }, 'Captain'] };

const without = (headers: Record<string, string> = {}, names: string[] = []) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));

describe('a preview', () => {
  it('of a draft shows the request that it would make of an inline event', async () => {
    const automation = { condition: CAPTAIN, template: GREETING, webhookId };
    const shown = await preview({ automation, event: eventInput() });
    expect(shown).toMatchObject({
      matched: true,
      problems: [],
      request: {
        method: 'POST',
        url: receiver.url,
        body: '{"text": "Welcome, Ada Lovelace!"}',
        headers: {
          'content-type': 'application/json',
          // What a receiver would take for a request of ours is not for the eyes of an editor.
          signature: '***',
          'webhook-signature': '***',
        },
      },
    });
  });

  it('of a draft without a webhook shows the body, and no address', async () => {
    const shown = await preview({ automation: { template: GREETING }, eventType: 'user.created' });
    expect(shown).toMatchObject({ matched: true, request: { url: null } });
    expect(shown.request?.body).toMatch(/^\{"text": "Welcome, /);
  });

  it('of a stored automation with a stored event is what was really sent', async () => {
    const { api } = await server.newWorkspace();
    const target = await makeWebhook(api, { url: receiver.url, headers: { 'x-team': 'crm' } });
    const automation = await makeAutomation(api, { webhookId: target.id });
    const eventId = await publish(api, { changes: { rank: { old: 'Major', new: 'Captain' } } });
    const [delivery] = await settledDeliveries(api, eventId);
    const sent = receiver.requests.find((r) => r.headers['webhook-id'] === delivery?.id);
    const { request } = await api.make<PreviewView>('/v1/automations/preview', {
      automationId: automation.id,
      eventId,
    });

    expect(request?.method).toBe(sent?.method);
    expect(request?.body).toBe(sent?.body);
    expect(request?.url).toBe(receiver.url);
    const ofTheMoment = ['webhook-timestamp', 'webhook-signature', 'signature'];
    const ofTheConnection = ['host', 'connection', 'content-length'];
    expect(without(request?.headers, ofTheMoment)).toEqual(
      without(sent?.headers, [...ofTheMoment, ...ofTheConnection]),
    );
  });

  it('of an edit shows what the stored automation would make with it', async () => {
    const { api } = await server.newWorkspace();
    const target = await makeWebhook(api, { url: receiver.url });
    const stored = { webhookId: target.id, condition: CAPTAIN, template: GREETING };
    const { id: automationId, name } = await makeAutomation(api, stored);
    const eventId = await publish(api);
    const [delivery] = await settledDeliveries(api, eventId);
    const shown = (automation: object) =>
      api.make<PreviewView>('/v1/automations/preview', { automationId, automation, eventId });
    const template = '{"by": "{{ automation.name }}", "id": "{{ delivery.id }}"}';
    expect(await shown({ template })).toMatchObject({
      matched: true,
      request: { url: receiver.url, body: `{"by": "${name}", "id": "${delivery?.id}"}` },
    });
    expect(await shown({ condition: false })).toMatchObject({ matched: false });
    expect((await api.get(`/v1/automations/${automationId}`)).body).toMatchObject(stored);
  });

  it('takes another time for now', async () => {
    const template = '{"at": "{{ now }}"}';
    const automation = { template, condition: { before: [{ var: 'now' }, '2020-01-01'] } };
    const body = { automation, eventType: 'user.created' };
    expect(await preview(body)).toMatchObject({ matched: false });
    expect(await preview({ ...body, now: '2019-05-01T14:00:00+02:00' })).toMatchObject({
      matched: true,
      request: { body: '{"at": "2019-05-01T12:00:00.000Z"}' },
    });
  });

  it('of a GET shows the query', async () => {
    const { api } = await server.newWorkspace();
    const url = `${receiver.url}?a=1`;
    const target = await makeWebhook(api, { url, method: 'GET' });
    const draft = { template: '{"name": {{ data.name|json }}, "n": 1}', webhookId: target.id };
    const shown = await api.make<PreviewView>('/v1/automations/preview', {
      automation: draft,
      event: eventInput(),
    });
    expect(shown.request).toMatchObject({
      method: 'GET',
      url: `${url}&name=Ada+Lovelace&n=1`,
      body: '',
    });
    const automation = await makeAutomation(api, draft);
    const [delivery] = await settledDeliveries(api, await publish(api));
    expect(delivery).toMatchObject({ automationId: automation.id, status: 'delivered' });
    const sent = receiver.requests.find((r) => r.headers['webhook-id'] === delivery?.id);
    expect(sent).toMatchObject({ method: 'GET', url: '/hook?a=1&name=Ada+Lovelace&n=1', body: '' });
  });

  it('masks secret headers', async () => {
    const { id } = await makeWebhook(server.api, {
      url: receiver.url,
      headers: { authorization: 's3cr3t' },
    });
    const shown = await preview({ automation: { webhookId: id }, event: eventInput() });
    expect(shown.request?.headers).toMatchObject({ authorization: '***' });
  });

  it("uses the type's example, built-in or own", async () => {
    await server.api.make('/v1/event-types', {
      name: 'order.paid',
      description: 'x',
      example: { data: { name: 'Own example' } },
    });
    const automation = { template: GREETING };
    const builtIn = await preview({ automation, eventType: 'user.created' });
    expect(builtIn.request?.body).toContain('Jana Brandt');
    const own = await preview({ automation, eventType: 'order.paid' });
    expect(own.request?.body).toContain('Own example');
  });

  it('says that the condition does not match, or that no trigger fires', async () => {
    const event = eventInput({ data: { rank: 'Private' } });
    expect(await preview({ automation: { condition: CAPTAIN }, event })).toMatchObject({
      matched: false,
      trace: {
        path: '==',
        value: false,
        decisive: true,
        operands: [
          { path: '==[0].var', operator: 'var', value: 'Private' },
          { path: '==[1]', operator: null, value: 'Captain' },
        ],
      },
      request: null,
      problems: [],
    });
    const triggers = ['user.deleted'];
    expect(await preview({ automation: { triggers }, event })).toMatchObject({
      matched: false,
      problems: [{ path: 'triggers', code: 'not_triggered' }],
    });
  });

  it('tells each fault of a draft with its position', async () => {
    const shown = await preview({
      automation: {
        triggers: ['user.craeted'],
        condition: { or: [CAPTAIN, { nope: [] }] },
        template: '{\n  "a": {{ data.name|nope }}\n}',
        webhookId: NOWHERE,
      },
      event: eventInput(),
    });
    expect(shown).toMatchObject({
      matched: null,
      request: null,
      problems: [
        { path: 'triggers[0]', code: 'unknown_event_type' },
        { path: 'condition.or[1].nope', code: 'unknown_operator' },
        { path: 'template', line: 2, column: 21 },
        { path: 'webhookId', code: 'unknown_webhook' },
      ],
    });
  });

  it('tells where a template cannot cope with this event, and no value of it', async () => {
    const template = '{\n  "rank": {{ data.rank }}\n}';
    const shown = await preview({ automation: { template }, event: eventInput() });
    expect(shown).toMatchObject({
      matched: true,
      request: null,
      problems: [{ path: 'template', code: 'not_json', line: 2 }],
    });
    expect(JSON.stringify(shown)).not.toContain('Captain');
  });

  it('is refused for what is not there', async () => {
    const eventType = 'user.created';
    expect(await post({ automationId: NOWHERE, eventType })).toMatchObject({ status: 404 });
    expect(await post({ automation: {}, eventId: NOWHERE })).toMatchObject({ status: 404 });
    expect(await post({ automation: {}, eventType: 'user.craeted' })).toMatchObject({
      status: 422,
      body: {
        errors: [
          {
            path: 'eventType',
            code: 'unknown_event_type',
            message: 'is not an event type of this workspace; did you mean "user.created"?',
          },
        ],
      },
    });
  });

  it('shows a stored event only to keys that may read the log', async () => {
    const eventId = await publish(server.api);
    const holds = async (...scopes: string[]) => {
      const body = { name: scopes.join(), scopes };
      const { key } = await server.api.make<{ key: string }>('/v1/api-keys', body);
      return server.api.as(key);
    };
    const editor = await holds('manage:automations');
    const body = { automation: { template: GREETING }, eventId };
    const refused = await editor.post<{ detail: string }>('/v1/automations/preview', body);
    expect(refused).toMatchObject({ status: 403, body: { code: 'missing_scope' } });
    expect(refused.body.detail).toContain('read:logs');
    const example = { automation: { template: GREETING }, eventType: 'user.created' };
    expect((await editor.post('/v1/automations/preview', example)).status).toBe(200);
    const reader = await holds('manage:automations', 'read:logs');
    expect((await reader.post('/v1/automations/preview', body)).status).toBe(200);
  });

  it('stores nothing and sends nothing', async () => {
    const { api } = await server.newWorkspace();
    const target = await makeWebhook(api, { url: receiver.url });
    const automation = await makeAutomation(api, { webhookId: target.id });
    await server.dispatched();
    const rows = await server.rowCounts();
    const requests = receiver.requests.length;
    for (const event of [{ event: eventInput({ id: 'x' }) }, { eventType: 'user.created' }]) {
      await preview({ automation: { template: GREETING, webhookId }, ...event });
      await api.make('/v1/automations/preview', { automationId: automation.id, ...event });
    }
    expect(await server.rowCounts()).toEqual(rows);
    // The request of a real event comes next: nothing was on its way before it.
    await settledDeliveries(api, await publish(api));
    expect(receiver.requests).toHaveLength(requests + 1);
  });
});
