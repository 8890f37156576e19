import {
  type AutomationView,
  makeAutomation,
  makeWebhook,
  NOWHERE,
  type PageView,
  publish,
  settledDeliveries,
  uniqueName,
  webhookInput,
} from '../support/builders.js';
import type { ProblemBody } from '../support/client.js';
import { whileHeld } from '../support/held.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';

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

const draft = (differences: object = {}) => ({
  name: uniqueName('automation'),
  triggers: ['user.created'],
  webhookId,
  ...differences,
});

describe('an automation', () => {
  it('is created with defaults, read, edited, listed and deleted', async () => {
    const made = await server.api.post<AutomationView>('/v1/automations', draft());
    expect(made).toMatchObject({
      status: 201,
      body: { condition: null, template: null, priority: 0, enabled: true, revision: 1 },
    });
    expect(made.body).not.toHaveProperty('workspaceId');
    const path = `/v1/automations/${made.body.id}`;
    const read = await server.api.get<AutomationView>(path);
    expect({ ...read.body, warnings: [] }).toEqual(made.body);
    expect(read.headers.get('etag')).toBe('"1"');

    const condition = { '==': [{ var: 'data.rank' }, 'Captain'] };
    const edited = await server.api.patch<AutomationView>(path, { condition, priority: -5 });
    expect(edited.body).toMatchObject({ condition, priority: -5, revision: 2 });
    const list = await server.api.get<PageView<AutomationView>>('/v1/automations');
    expect(list.body.data.map((row) => ({ ...row, warnings: [] }))).toContainEqual(edited.body);

    expect((await server.api.delete(path)).status).toBe(204);
    expect((await server.api.get(path)).status).toBe(404);
    expect((await server.api.get(`${path}/revisions`)).status).toBe(200);
  });

  it('decides with its condition and speaks with its template', async () => {
    const { api } = await server.newWorkspace();
    const target = await makeWebhook(api, { url: receiver.url });
    const automation = await makeAutomation(api, {
      webhookId: target.id,
      condition: { '==': [{ var: 'data.rank' }, 'Captain'] },
      template: '{"text": "Welcome, {{ data.name }}!"}',
    });
    const other = await publish(api, { data: { rank: 'Private', name: 'Bob' } });
    const captain = await publish(api, { data: { rank: 'Captain', name: 'Ada "Lady"' } });
    const [delivery] = await settledDeliveries(api, captain);
    expect(delivery).toMatchObject({ automationId: automation.id, status: 'delivered' });
    const request = receiver.requests.find((r) => r.headers['webhook-id'] === delivery?.id);
    expect(request?.body).toBe('{"text": "Welcome, Ada \\"Lady\\"!"}');
    expect((await api.get(`/v1/deliveries?eventId=${other}`)).body).toMatchObject({ data: [] });
  });

  it('in its new form decides over the first event after the edit was answered', async () => {
    const { api } = await server.newWorkspace();
    const target = await makeWebhook(api, { url: receiver.url });
    const { id } = await makeAutomation(api, { webhookId: target.id, template: '{"v": 1}' });
    for (const version of [2, 3, 4]) {
      await api.patch(`/v1/automations/${id}`, { template: `{"v": ${version}}` });
      const [delivery] = await settledDeliveries(api, await publish(api));
      expect(delivery?.revision).toBe(version);
      const request = receiver.requests.find((r) => r.headers['webhook-id'] === delivery?.id);
      expect(request?.body).toBe(`{"v": ${version}}`);
    }
  });

  it('that is disabled makes nothing', async () => {
    const { api } = await server.newWorkspace();
    const target = await makeWebhook(api, { url: receiver.url });
    await makeAutomation(api, { webhookId: target.id, enabled: false });
    const live = await makeAutomation(api, { webhookId: target.id });
    const deliveries = await settledDeliveries(api, await publish(api));
    expect(deliveries).toMatchObject([{ automationId: live.id }]);
  });

  it('whose template cannot cope with an event fails with position, and holds up nobody', async () => {
    const { api } = await server.newWorkspace();
    const target = await makeWebhook(api, { url: receiver.url });
    const bad = await makeAutomation(api, {
      webhookId: target.id,
      priority: -1,
      template: '{\n  "n": {{ data.name }}\n}',
    });
    const good = await makeAutomation(api, { webhookId: target.id });
    const deliveries = await settledDeliveries(api, await publish(api), 2);
    const byAutomation = new Map(deliveries.map((row) => [row.automationId, row]));
    expect(byAutomation.get(good.id)).toMatchObject({ status: 'delivered' });
    expect(byAutomation.get(bad.id)).toMatchObject({
      status: 'failed',
      attemptCount: 0,
      lastError: { code: 'not_json', line: 2 },
    });
    expect(JSON.stringify(byAutomation.get(bad.id))).not.toContain('Lovelace');
  });

  it('has a name of its own in its workspace', async () => {
    const { name, id } = await makeAutomation(server.api);
    const taken = { status: 409, body: { code: 'name_taken' } };
    expect(await server.api.post('/v1/automations', draft({ name }))).toMatchObject(taken);
    const other = await makeAutomation(server.api);
    expect(await server.api.patch(`/v1/automations/${other.id}`, { name })).toMatchObject(taken);
    expect(await server.api.patch(`/v1/automations/${id}`, { name })).toMatchObject({
      status: 200,
    });
  });

  it('is not overwritten by an admin who read an older revision', async () => {
    const { id } = await makeAutomation(server.api);
    const path = `/v1/automations/${id}`;
    const edit = (priority: number) => server.api.patch(path, { priority }, { 'if-match': '"1"' });
    const both = await Promise.all([edit(1), edit(2)]);
    expect(both.map(({ status }) => String(status)).toSorted()).toEqual(['200', '412']);
    const late = { status: 412, body: { code: 'revision_conflict' } };
    expect(await server.api.delete(path, { 'if-match': '"1"' })).toMatchObject(late);
    expect((await server.api.delete(path, { 'if-match': '"2"' })).status).toBe(204);
  });
});

describe('an edit that meets another one', () => {
  it('deletes nothing at a revision that is just being replaced', async () => {
    const { id } = await makeAutomation(server.api);
    const path = `/v1/automations/${id}`;
    const deleted = await whileHeld(
      server,
      (edit) => edit.query('UPDATE automations SET revision = 2 WHERE id = $1', [id]),
      () => server.api.delete(path, { 'if-match': '"1"' }),
    );
    expect(deleted).toMatchObject({ status: 412, body: { code: 'revision_conflict' } });
    expect((await server.api.get(path)).body).toMatchObject({ revision: 2 });
  });

  it('stores nothing that was not checked as a whole', async () => {
    const { id } = await makeAutomation(server.api, { template: '{"a": 1}' });
    const path = `/v1/automations/${id}`;
    const refused = await whileHeld(
      server,
      (other) =>
        other.query(
          `UPDATE automations SET template = 'plain', template_format = 'text', revision = 2 WHERE id = $1`,
          [id],
        ),
      () => server.api.patch(path, { templateFormat: 'json-tree' }),
    );
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'template' }] } });
    expect((await server.api.get(path)).body).toMatchObject({
      templateFormat: 'text',
      revision: 2,
    });
  });

  it('is stored on top of it where the two go together', async () => {
    const { id } = await makeAutomation(server.api, { template: '{"a": 1}' });
    const path = `/v1/automations/${id}`;
    const edited = await whileHeld(
      server,
      (other) =>
        other.query(`UPDATE automations SET template = '{"b": 2}', revision = 2 WHERE id = $1`, [
          id,
        ]),
      () => server.api.patch(path, { templateFormat: 'json-tree' }),
    );
    const both = { template: '{"b": 2}', templateFormat: 'json-tree', revision: 3 };
    expect(edited).toMatchObject({ status: 200, body: both });
  });

  it.each(['creates', 'edits'])(
    '%s nothing for a webhook that is just being deleted',
    async (how) => {
      const { id } = await makeAutomation(server.api);
      const target = await makeWebhook(server.api);
      const refused = await whileHeld(
        server,
        (other) => other.query('DELETE FROM webhooks WHERE id = $1', [target.id]),
        () =>
          how === 'creates'
            ? server.api.post('/v1/automations', draft({ webhookId: target.id }))
            : server.api.patch(`/v1/automations/${id}`, { webhookId: target.id }),
      );
      const errors = [{ path: 'webhookId', code: 'unknown_webhook' }];
      expect(refused).toMatchObject({ status: 422, body: { errors } });
    },
  );
});

describe('the limits of a workspace', () => {
  it("are on its automations and on its webhooks, and on nobody else's", async () => {
    const limits = { BUGLE_MAX_AUTOMATIONS: '2', BUGLE_MAX_WEBHOOKS: '2' };
    const strict = await startTestServer(limits);
    try {
      const target = await makeWebhook(strict.api);
      const input = () => ({ ...draft(), webhookId: target.id });
      const first = await strict.api.make<AutomationView>('/v1/automations', input());
      await strict.api.make('/v1/automations', input());
      await makeWebhook(strict.api);

      const tooMany = await strict.api.post('/v1/automations', input());
      expect(tooMany).toMatchObject({ status: 409, body: { code: 'too_many_automations' } });
      const webhook = await strict.api.post('/v1/webhooks', webhookInput());
      expect(webhook).toMatchObject({ status: 409, body: { code: 'too_many_webhooks' } });

      await makeAutomation((await strict.newWorkspace()).api);
      await strict.api.delete(`/v1/automations/${first.id}`);
      expect((await strict.api.post('/v1/automations', input())).status).toBe(201);
    } finally {
      await strict.stop();
    }
  });
});

describe('revisions', () => {
  it('keep every edit and whose key made it', async () => {
    const editor = await server.api.make<{ id: string; key: string }>('/v1/api-keys', {
      name: 'editor',
      scopes: ['manage:automations'],
    });
    const { id } = await makeAutomation(server.api, { template: '{"v": 1}', webhookId });
    await server.api.as(editor.key).patch(`/v1/automations/${id}`, { template: '{"v": 2}' });
    const { body } = await server.api.get<{ data: object[] }>(`/v1/automations/${id}/revisions`);
    expect(body.data).toMatchObject([
      { revision: 2, definition: { template: '{"v": 2}', webhookId }, editedBy: editor.id },
      { revision: 1, definition: { template: '{"v": 1}' } },
    ]);
    expect(body.data[1]).not.toMatchObject({ editedBy: editor.id });
  });

  it('do not grow by an edit that was refused', async () => {
    const { id } = await makeAutomation(server.api);
    await server.api.patch(`/v1/automations/${id}`, { template: '{{' });
    await server.api.patch(`/v1/automations/${id}`, { priority: 1 }, { 'if-match': '"9"' });
    const { body } = await server.api.get<{ data: object[] }>(`/v1/automations/${id}/revisions`);
    expect(body.data).toHaveLength(1);
  });
});

describe('an automation is refused', () => {
  const rank = { var: 'data.rank' };

  it.each([
    ['no triggers', { triggers: [] }, { path: 'triggers', code: 'too_small' }],
    [
      'an unknown event type',
      { triggers: ['*', 'user.craeted'] },
      { path: 'triggers[1]', code: 'unknown_event_type' },
    ],
    [
      'a trigger twice',
      { triggers: ['*', '*'] },
      { path: 'triggers[1]', code: 'duplicate_trigger' },
    ],
    [
      'an unknown operator',
      { condition: { and: [true, { '=': [rank, 1] }] } },
      { path: 'condition.and[1].=', code: 'unknown_operator' },
    ],
    [
      'a variable that does not exist',
      { condition: { '==': [{ var: 'dta.rank' }, 1] } },
      { path: 'condition.==[0].var', code: 'unknown_variable' },
    ],
    [
      'too few arguments',
      { condition: { '==': [1] } },
      { path: 'condition.==', code: 'wrong_argument_count' },
    ],
    ['a text for a condition', { condition: 'data.rank' }, { path: 'condition' }],
    [
      'a template with a syntax error',
      { template: '{\n  "a": {{ data.name| }}\n}' },
      { path: 'template', code: 'syntax_error', line: 2, column: 22 },
    ],
    [
      'a template with an unknown filter',
      { template: '{"a": {{ data.name|capitalise }}}' },
      { path: 'template', line: 1, column: 20 },
    ],
    [
      'a template with a forbidden tag',
      { template: '{"a": 1}\n{% include "x" %}' },
      { path: 'template', line: 2, column: 4 },
    ],
    [
      'a template of 33 KiB',
      { template: `"${'x'.repeat(33 * 1024)}"` },
      { path: 'template', code: 'template_too_large' },
    ],
    [
      'a format without a template',
      { templateFormat: 'json-tree' },
      { path: 'templateFormat', code: 'format_without_template' },
    ],
    [
      'a content type without a template',
      { contentType: 'text/plain' },
      { path: 'contentType', code: 'invalid_content_type' },
    ],
    [
      'a content type of JSON',
      { template: '{"a": 1}', contentType: 'text/plain' },
      { path: 'contentType', code: 'invalid_content_type' },
    ],
    [
      'a webhook that is not there',
      { webhookId: NOWHERE },
      { path: 'webhookId', code: 'unknown_webhook' },
    ],
    [
      'a webhook id that is none',
      { webhookId: 'crm' },
      { path: 'webhookId', code: 'invalid_format' },
    ],
    ['a priority out of bounds', { priority: 1001 }, { path: 'priority', code: 'too_large' }],
    ['a broken priority', { priority: 0.5 }, { path: 'priority' }],
    ['a misspelt field', { trigers: [] }, { path: 'trigers', code: 'unknown_field' }],
  ])('with %s', async (_, differences, fault) => {
    const answer = await server.api.post<ProblemBody>('/v1/automations', draft(differences));
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
    expect(answer.body.errors).toMatchObject([fault]);
  });

  it('with all its faults at once', async () => {
    const answer = await server.api.post<ProblemBody>(
      '/v1/automations',
      draft({ triggers: ['x'], condition: { nope: 1 }, template: '{{ }}', webhookId: NOWHERE }),
    );
    const paths = answer.body.errors?.map(({ path }) => path);
    expect(paths).toEqual(['triggers[0]', 'condition.nope', 'template', 'webhookId']);
  });

  it('on an edit just as on creation, and stays as it was', async () => {
    const { id } = await makeAutomation(server.api);
    const answer = await server.api.patch<ProblemBody>(`/v1/automations/${id}`, {
      condition: { 'missing-operator': [] },
    });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ code: 'unknown_operator' }] } });
    expect((await server.api.get(`/v1/automations/${id}`)).body).toMatchObject({
      condition: null,
      revision: 1,
    });
  });
});
