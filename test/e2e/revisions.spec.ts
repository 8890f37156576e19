import type { z } from 'zod';
import type {
  diffView,
  revisionPage,
  revisionView,
} from '../../src/automations/revisions/revision.dto.js';
import {
  type AutomationView,
  makeAutomation,
  makeWebhook,
  NOWHERE,
  publish,
  settledDeliveries,
} from '../support/builders.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';

type Page = z.infer<typeof revisionPage>;
type Revision = z.infer<typeof revisionView>;
type Diff = z.infer<typeof diffView>;

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  [server, receiver] = await Promise.all([startTestServer(), Receiver.start()]);
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

const pathOf = ({ id }: { id: string }) => `/v1/automations/${id}`;
const revisions = async (automation: { id: string }, query = '') =>
  (await server.api.get<Page>(`${pathOf(automation)}/revisions?${query}`)).body;

async function edited(...edits: object[]): Promise<AutomationView> {
  const automation = await makeAutomation(server.api);
  for (const edit of edits) await server.api.patch(pathOf(automation), edit);
  return automation;
}

const diff = async (automation: { id: string }, range: string) =>
  (await server.api.get<Diff>(`${pathOf(automation)}/revisions/${range}`)).body;

const rollBack = (automation: { id: string }, revision: number, ifMatch?: string) =>
  server.api.post<AutomationView>(
    `${pathOf(automation)}/rollback`,
    { revision },
    ifMatch ? { 'if-match': ifMatch } : undefined,
  );

const CAPTAIN = { '==': [{ var: 'data.rank' }, 'Captain'] };
const MAJOR = { '==': [{ var: 'data.rank' }, 'Major'] };

describe('the revisions of an automation', () => {
  it('come in pages, newest first', async () => {
    const automation = await edited(...[1, 2, 3, 4].map((priority) => ({ priority })));
    const seen: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page = await revisions(automation, `limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.data.map(({ revision }) => revision));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([5, 4, 3, 2, 1]);
  });

  it('outlive it: the last one says who deleted it', async () => {
    const automation = await edited();
    await server.api.delete(pathOf(automation));
    const { data } = await revisions(automation);
    expect(data).toMatchObject([
      { revision: 2, definition: null, reason: null, editedBy: expect.any(String) },
      { revision: 1, definition: { name: automation.name } },
    ]);
    expect(data[0]?.editedBy).toBe(data[1]?.editedBy);
  });

  it('go with their workspace', async () => {
    const { id, api } = await server.newWorkspace();
    await makeAutomation(api);
    await server.query('DELETE FROM automations WHERE workspace_id = $1', [id]);
    await server.query('DELETE FROM workspaces WHERE id = $1', [id]);
    for (const table of ['automation_revisions', 'webhook_revisions'])
      expect(await server.query(`SELECT FROM ${table} WHERE workspace_id = $1`, [id])).toEqual([]);
  });

  it('are what a delivery names', async () => {
    const { api } = await server.newWorkspace();
    const { id: webhookId } = await makeWebhook(api, { url: receiver.url });
    const automation = await makeAutomation(api, { webhookId });
    await api.patch(pathOf(automation), { template: '{"v": 2}' });
    const [delivery] = await settledDeliveries(api, await publish(api));
    await api.patch(pathOf(automation), { template: '{"v": 3}' });
    const path = `/v1/automations/${delivery?.automationId}/revisions/${delivery?.revision}`;
    const { body } = await api.get<Revision>(path);
    expect(body).toMatchObject({ revision: 2, definition: { template: '{"v": 2}' } });
  });

  it('are of nobody else', async () => {
    const automation = await edited();
    const { api } = await server.newWorkspace();
    for (const rest of ['revisions', 'revisions/1', 'revisions/1/diff/1'])
      expect(await api.get(`${pathOf(automation)}/${rest}`)).toMatchObject({ status: 404 });
    expect(await server.api.get(`${pathOf({ id: NOWHERE })}/revisions`)).toMatchObject({
      status: 404,
    });
    expect(await server.api.get(`${pathOf(automation)}/revisions/2`)).toMatchObject({
      status: 404,
    });
    expect(await server.api.get(`${pathOf(automation)}/revisions/x`)).toMatchObject({
      status: 422,
    });
  });
});

describe('two revisions compared', () => {
  it('show where the condition and which lines of the template differ', async () => {
    const automation = await edited(
      { condition: { and: [CAPTAIN, true] }, template: '{\n  "v": 1\n}' },
      { condition: { and: [MAJOR, true] }, template: '{\n  "v": 2\n}', priority: 5 },
    );
    expect(await diff(automation, '2/diff/3')).toEqual({
      from: 2,
      to: 3,
      changes: [
        expect.objectContaining({
          field: 'condition',
          places: [{ path: 'condition.and[0].==[1]', from: 'Captain', to: 'Major' }],
        }),
        expect.objectContaining({
          field: 'template',
          lines: '@@ -1,3 +1,3 @@\n {\n-  "v": 1\n+  "v": 2\n }',
        }),
        { field: 'priority', from: 0, to: 5 },
      ],
    });
    const back = await diff(automation, '3/diff/2');
    expect(back.changes.at(-1)).toEqual({ field: 'priority', from: 5, to: 0 });
    expect((await diff(automation, '2/diff/2')).changes).toEqual([]);
  });

  it('of which one is the deletion differ in all that was set', async () => {
    const automation = await edited();
    await server.api.delete(pathOf(automation));
    const { changes } = await diff(automation, '1/diff/2');
    expect(changes).toContainEqual({ field: 'name', from: automation.name, to: null });
  });
});

describe('a roll-back', () => {
  it('makes the old definition the newest revision, and says so', async () => {
    const automation = await edited({ condition: CAPTAIN }, { condition: MAJOR, priority: 7 });
    const answer = await rollBack(automation, 2, '"3"');
    expect(answer).toMatchObject({
      status: 200,
      body: { revision: 4, condition: CAPTAIN, priority: 0 },
    });
    expect(answer.headers.get('etag')).toBe('"4"');
    const [newest] = (await revisions(automation)).data;
    expect(newest).toMatchObject({ revision: 4, reason: 'Rolled back to revision 2.' });
    expect((await server.api.get(pathOf(automation))).body).toEqual(answer.body);
  });

  it('is refused to whoever has read an older revision', async () => {
    const automation = await edited({ priority: 1 }, { priority: 2 });
    expect(await rollBack(automation, 1, '"2"')).toMatchObject({
      status: 412,
      body: { code: 'revision_conflict' },
    });
    expect((await server.api.get(pathOf(automation))).body).toMatchObject({ priority: 2 });
  });

  it('is checked like any edit: what it needs may be gone', async () => {
    const gone = await makeWebhook(server.api);
    const automation = await makeAutomation(server.api, { webhookId: gone.id });
    const { id: webhookId } = await makeWebhook(server.api);
    await server.api.patch(pathOf(automation), { webhookId });
    expect((await server.api.delete(`/v1/webhooks/${gone.id}`)).status).toBe(204);
    expect(await rollBack(automation, 1)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'webhookId', code: 'unknown_webhook' }] },
    });
    expect((await revisions(automation)).data).toHaveLength(2);
  });

  it('goes nowhere that there was nothing', async () => {
    const automation = await edited();
    expect(await rollBack(automation, 9)).toMatchObject({ status: 404 });
    await server.api.delete(pathOf(automation));
    expect(await rollBack(automation, 2)).toMatchObject({
      status: 409,
      body: { code: 'revision_is_deletion' },
    });
    expect(await rollBack(automation, 1)).toMatchObject({ status: 404 });
  });
});

describe('the history of a webhook', () => {
  interface Row {
    revision: number;
    definition: object | null;
    reason: string | null;
    edited_by: string | null;
  }
  const history = (id: string) =>
    server.query<Row>('SELECT * FROM webhook_revisions WHERE webhook_id = $1 ORDER BY revision', [
      id,
    ]);

  it('has what makes its rule, of each edit and of its deletion, and nothing else', async () => {
    const webhook = await makeWebhook(server.api, { events: ['user.*'] });
    const path = `/v1/webhooks/${webhook.id}`;
    await server.api.patch(path, { enabled: false });
    await server.api.post(`${path}/rotate-secret`);
    await server.api.delete(path);
    const definition = { name: webhook.name, method: 'POST', events: ['user.*'], enabled: true };
    const rows = await history(webhook.id);
    expect(rows).toMatchObject([
      { revision: 1, definition },
      { revision: 2, definition: { ...definition, enabled: false } },
      { revision: 3, definition: { ...definition, enabled: false } },
      { revision: 4, definition: null },
    ]);
    expect(Object.keys(rows[0]?.definition ?? {})).toEqual(Object.keys(definition));
    expect(new Set(rows.map((row) => row.edited_by)).size).toBe(1);
    expect(rows[0]?.edited_by).not.toBeNull();
  });

  it('says why Bugle itself disabled it', async () => {
    const { api } = await server.newWorkspace();
    receiver.answer({ status: 410 });
    const { id } = await makeWebhook(api, { url: receiver.url, events: ['user.created'] });
    await publish(api);
    const rows = await until('the webhook was disabled', async () => {
      const found = await history(id);
      return found.length === 2 && found;
    });
    expect(rows[1]).toMatchObject({
      revision: 2,
      definition: { enabled: false },
      reason: 'gone',
      edited_by: null,
    });
  });
});
