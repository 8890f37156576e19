import type { OpenAPIObject } from '@nestjs/swagger';
import {
  makeAutomation,
  makeWebhook,
  NOWHERE,
  type PageView,
  publish,
  settledDeliveries,
} from '../support/builders.js';
import type { Answer, Client } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer, type TestWorkspace } from '../support/server.js';

let server: TestServer;
let receiver: Receiver;
let mine: TestWorkspace;
let theirs: TestWorkspace;
/** An id of theirs for each kind of row, by the path of its routes. */
let theirIds: Record<string, string>;

beforeAll(async () => {
  [server, receiver] = await Promise.all([startTestServer(), Receiver.start()]);
  [mine, theirs] = [await server.newWorkspace(), await server.newWorkspace()];
  theirIds = await fill(theirs.api);
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

/** Puts one row of every kind into a workspace. */
async function fill(api: Client): Promise<Record<string, string>> {
  const webhook = await makeWebhook(api, { name: 'their webhook', url: receiver.url });
  const automation = await makeAutomation(api, { webhookId: webhook.id, name: 'their automation' });
  await api.make('/v1/event-types', {
    name: 'their.type',
    description: 'x',
    example: { data: {} },
  });
  const key = await api.make<{ id: string }>('/v1/api-keys', { name: 'k', scopes: ['admin'] });
  const event = await publish(api);
  const [delivery] = await settledDeliveries(api, event);
  const job = await api.make<{ id: string }>('/v1/deliveries/recover', {
    webhookId: webhook.id,
    since: new Date(Date.now() - 3_600_000).toISOString(),
  });
  return {
    'api-keys': key.id,
    webhooks: webhook.id,
    automations: automation.id,
    events: event,
    deliveries: delivery?.id ?? '',
    'event-types': 'their.type',
    jobs: job.id,
  };
}

/** Bodies without which a request would be refused before anybody looks for the row. */
const BODIES: Record<string, object> = {
  'PATCH /v1/api-keys/{id}': { name: 'stolen' },
  'POST /v1/automations/{id}/rollback': { revision: 1 },
  'POST /v1/webhooks/{id}/replay': { since: new Date().toISOString() },
};

/** Every route that names a row, from the description of the API itself. */
async function routesWithId(): Promise<[method: string, path: string, rows: string][]> {
  const { body } = await server.api.get<OpenAPIObject>('/openapi.json');
  return Object.entries(body.paths)
    .filter(([path]) => path.includes('{'))
    .flatMap(([path, item]) =>
      Object.keys(item).map((method): [string, string, string] => [
        method.toUpperCase(),
        path,
        path.split('/')[2] ?? '',
      ]),
    );
}

function call(api: Client, method: string, path: string, id: string): Promise<Answer> {
  const body =
    method === 'GET' || method === 'DELETE' ? undefined : (BODIES[`${method} ${path}`] ?? {});
  return api.send(path.replace(/\{\w+\}/, id).replaceAll(/\{\w+\}/g, '1'), {
    method,
    headers: body ? { 'content-type': 'application/json' } : {},
    ...(body && { body: JSON.stringify(body) }),
  });
}

const withoutId = (answer: Answer, id: string) => ({
  status: answer.status,
  type: answer.headers.get('content-type'),
  etag: answer.headers.get('etag'),
  body: JSON.stringify(answer.body).replaceAll(id, ':id'),
});

const preview = (body: object) => mine.api.post('/v1/automations/preview', body);

describe("another workspace's row", () => {
  it('is answered exactly like one that does not exist, on every route with an id', async () => {
    const routes = await routesWithId();
    expect(routes.length).toBeGreaterThan(14);
    for (const [method, path, rows] of routes) {
      const foreign = theirIds[rows];
      if (!foreign) throw new Error(`there is no row of theirs for ${path}`);
      const random = rows === 'event-types' ? 'random.type' : NOWHERE;
      const [toForeign, toRandom] = await Promise.all([
        call(mine.api, method, path, foreign),
        call(mine.api, method, path, random),
      ]);
      const route = `${method} ${path}`;
      expect({ route, ...withoutId(toForeign, foreign) }).toMatchObject({ route, status: 404 });
      expect(withoutId(toForeign, foreign)).toEqual(withoutId(toRandom, random));
    }
  });

  it('is untouched by all that', async () => {
    for (const [rows, id] of Object.entries(theirIds)) {
      if (rows === 'event-types') continue;
      const list = await theirs.api.get<PageView<{ id: string; name?: string }>>(`/v1/${rows}`);
      expect(list.body.data.map((row) => row.id)).toContain(id);
      expect(JSON.stringify(list.body)).not.toContain('stolen');
    }
    expect(receiver.requests).toHaveLength(1);
  });

  it('cannot be used as a target: the answer is that for a random id', async () => {
    const draft = { name: 'thief', triggers: ['*'] };
    const answers = await Promise.all(
      [theirIds.webhooks, NOWHERE].map((webhookId) =>
        mine.api.post('/v1/automations', { ...draft, webhookId }),
      ),
    );
    expect(answers[0]).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'webhookId', code: 'unknown_webhook' }] },
    });
    expect(answers[0]?.body).toEqual(answers[1]?.body);
  });

  it('cannot be previewed', async () => {
    const eventType = 'user.created';
    const stored = await preview({ automationId: theirIds.automations, eventType });
    expect(stored.status).toBe(404);
    const event = await preview({ automation: {}, eventId: theirIds.events });
    expect(event.status).toBe(404);
    const webhook = await preview({ automation: { webhookId: theirIds.webhooks }, eventType });
    expect(webhook).toMatchObject({
      status: 200,
      body: { matched: null, request: null, problems: [{ code: 'unknown_webhook' }] },
    });
    const type = await preview({ automation: {}, eventType: 'their.type' });
    expect(type).toMatchObject({ status: 422, body: { errors: [{ path: 'eventType' }] } });
  });

  it('is on no list, and no filter finds it', async () => {
    const own = await fill(mine.api);
    const { 'event-types': _, ...theirRows } = theirIds;
    for (const [rows, foreign] of Object.entries(theirRows)) {
      const text = JSON.stringify((await mine.api.get(`/v1/${rows}`)).body);
      expect(text).toContain(own[rows]);
      expect(text).not.toContain(foreign);
    }
    const { webhooks, automations, events } = theirIds;
    const filters = [`webhookId=${webhooks}`, `automationId=${automations}`, `eventId=${events}`];
    for (const filter of filters) {
      const list = await mine.api.get(`/v1/deliveries?${filter}`);
      expect(list.body).toEqual({ data: [], nextCursor: null });
    }
  });

  it('is not hit by an event of mine', async () => {
    const before = receiver.requests.length;
    const own = await publish(mine.api);
    await settledDeliveries(mine.api, own);
    const [last] = receiver.requests.slice(before);
    expect(receiver.requests).toHaveLength(before + 1);
    expect(last?.body).toContain(own);
  });
});

describe('workspaces', () => {
  it('are made and listed by admins of the home workspace only', async () => {
    const made = await server.api.post<{ id: string; adminKey: string }>('/v1/workspaces', {
      name: 'Acme',
    });
    expect(made).toMatchObject({ status: 201, body: { name: 'Acme', acceptUnknownTypes: false } });
    const acme = server.api.as(made.body.adminKey);
    expect((await acme.get('/v1/workspace')).body).toMatchObject({ id: made.body.id });

    const list = await server.api.get<PageView<object>>('/v1/workspaces');
    expect(list.body.data[0]).toMatchObject({ id: made.body.id });
    expect(list.body.data[0]).not.toHaveProperty('adminKey');

    const refused = await Promise.all([
      acme.post('/v1/workspaces', { name: 'Sub' }),
      acme.get('/v1/workspaces'),
    ]);
    for (const answer of refused)
      expect(answer).toMatchObject({ status: 403, body: { code: 'home_workspace_only' } });
  });

  it('are made together with their key, or not at all', async () => {
    const listed = async () =>
      (await server.api.get<PageView<{ name: string }>>('/v1/workspaces')).body.data;
    await server.query(
      `ALTER TABLE api_keys ADD CONSTRAINT no_keys CHECK (name <> 'first admin key') NOT VALID`,
    );
    const failed = await server.api.post('/v1/workspaces', { name: 'Whole' });
    await server.query('ALTER TABLE api_keys DROP CONSTRAINT no_keys');
    expect(failed.status).toBe(500);
    expect(await listed()).not.toContainEqual(expect.objectContaining({ name: 'Whole' }));
    expect((await server.api.post('/v1/workspaces', { name: 'Whole' })).status).toBe(201);
  });

  it('have unique names, and keep theirs when a new one is taken', async () => {
    const again = await server.api.post('/v1/workspaces', { name: 'default' });
    expect(again).toMatchObject({ status: 409, body: { code: 'name_taken' } });
    const renamed = await mine.api.patch('/v1/workspace', { name: 'default' });
    expect(renamed).toMatchObject({ status: 409, body: { code: 'name_taken' } });
    const free = await mine.api.patch('/v1/workspace', { name: '  Mine, renamed ' });
    expect(free).toMatchObject({ status: 200, body: { id: mine.id, name: 'Mine, renamed' } });
  });

  it('take events of any type from the moment the edit was answered', async () => {
    const { api } = await server.newWorkspace();
    const say = () => api.post('/v1/events', { type: 'odd.thing', data: {} });
    const statuses: number[] = [];
    for (const acceptUnknownTypes of [false, true, false, true]) {
      await api.patch('/v1/workspace', { acceptUnknownTypes });
      statuses.push((await say()).status);
    }
    expect(statuses).toEqual([422, 202, 422, 202]);
  });

  it('keep their time zone in the letter case that everybody knows', async () => {
    const { api } = await server.newWorkspace();
    const edited = await api.patch('/v1/workspace', { timeZone: 'europe/berlin' });
    expect(edited).toMatchObject({ status: 200, body: { timeZone: 'Europe/Berlin' } });
  });

  it('take an edit that says nothing', async () => {
    expect(await mine.api.patch('/v1/workspace', {})).toMatchObject({ status: 200 });
  });
});
