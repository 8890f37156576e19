import type { z } from 'zod';
import type { explanationView } from '../../src/automations/explain/explain.dto.js';
import {
  makeAutomation,
  makeWebhook,
  NOWHERE,
  publish,
  settledDeliveries,
} from '../support/builders.js';
import type { Client } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';

type Explanation = z.infer<typeof explanationView>;
type ExplainedRule = Explanation['data'][number];

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  [server, receiver] = await Promise.all([startTestServer(), Receiver.start()]);
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

const CAPTAIN = { '==': [{ var: 'data.rank' }, 'Captain'] };
const MAJOR = { '==': [{ var: 'data.rank' }, 'Major'] };

const ask = (api: Client, eventId: string, query = '') =>
  api.get<Explanation>(`/v1/events/${eventId}/explain?${query}`);

/** Once the rules have had the event. */
const explained = (api: Client, eventId: string, query = '') =>
  until(`event ${eventId} is dispatched`, async () => {
    const { status, body } = await ask(api, eventId, query);
    expect(status).toBe(200);
    return body.dispatched && body;
  });

const ruleOf = ({ data }: Explanation, { id }: { id: string }): ExplainedRule | undefined =>
  data.find(({ ruleId }) => ruleId === id);

/** A workspace with one webhook that works. */
async function workspace() {
  const { api } = await server.newWorkspace();
  const webhook = await makeWebhook(api, { url: receiver.url });
  const automation = (differences: object = {}) =>
    makeAutomation(api, { webhookId: webhook.id, ...differences });
  return { api, webhook, automation };
}

describe('an explanation', () => {
  it('says of every rule what became of it, in the order in which they run', async () => {
    const { api, automation } = await workspace();
    const fired = await automation({ priority: 1, condition: CAPTAIN });
    const held = await automation({ priority: 2, condition: { and: [true, MAJOR] } });
    const off = await automation({ priority: 3, enabled: false });
    const other = await automation({ priority: 4, triggers: ['rankrecord.*', 'user.deleted'] });
    const plain = await makeWebhook(api, { url: receiver.url, events: ['*'] });
    const eventId = await publish(api);
    const explanation = await explained(api, eventId);

    expect(explanation).toMatchObject({ eventId, type: 'user.created', nextCursor: null });
    const outcomes = explanation.data.map(({ ruleId, outcome }) => [ruleId, outcome]);
    expect(outcomes).toEqual([
      [plain.id, 'matched'],
      [fired.id, 'matched'],
      [held.id, 'condition_false'],
      [off.id, 'disabled'],
      [other.id, 'not_subscribed'],
    ]);
    expect(explanation.counts).toEqual({
      matched: 2,
      condition_false: 1,
      disabled: 1,
      not_subscribed: 1,
    });
    expect(ruleOf(explanation, plain)).toMatchObject({ automationId: null, webhookId: plain.id });
    expect(ruleOf(explanation, other)?.message).toBe(
      'Not subscribed: its triggers are rankrecord.*, user.deleted; the event is user.created.',
    );
  });

  it('leads to the delivery', async () => {
    const { api, automation } = await workspace();
    const fired = await automation();
    const explanation = await explained(api, await publish(api));
    const rule = ruleOf(explanation, fired);
    expect(rule).toMatchObject({ automationId: fired.id, name: fired.name, revision: 1 });
    const { body } = await api.get(`/v1/deliveries/${rule?.deliveryId}`);
    expect(body).toMatchObject({ automationId: fired.id, eventId: explanation.eventId });
  });

  it('shows what decided a condition', async () => {
    const { api, automation } = await workspace();
    const held = await automation({ condition: { and: [true, MAJOR] } });
    const rule = ruleOf(await explained(api, await publish(api)), held);
    expect(rule).toMatchObject({
      outcome: 'condition_false',
      trace: { operator: 'and', value: false, decisive: true },
    });
    const deciding = rule?.trace?.operands.find(({ decisive }) => decisive);
    expect(deciding).toMatchObject({ path: 'and[1].==', operator: '==', value: false });
  });

  it('shows where a template failed', async () => {
    const { api, automation } = await workspace();
    const template = '{\n  "id": {{ data.id }},\n  "name": {{ data.name }}\n}';
    const broken = await automation({ template });
    const rule = ruleOf(await explained(api, await publish(api)), broken);
    expect(rule).toMatchObject({
      outcome: 'template_failed',
      status: 'failed',
      deliveryId: expect.any(String),
      fault: { code: 'not_json', line: 3, column: expect.any(Number) },
    });
    expect(rule?.excerpt).toMatch(/^3 \| {3}"name": \{\{ data\.name \}\}\n {2}\| +\^$/m);
    expect(JSON.stringify(rule)).not.toContain('Lovelace');
  });

  it('shows how far a condition came that could not be evaluated', async () => {
    const { api, automation } = await workspace();
    const isOne = { '==': [{ var: '' }, 1] };
    const condition = { some: [{ var: 'data.groups' }, { some: [{ var: '' }, isOne] }] };
    const costly = await automation({ condition });
    const groups = Array.from({ length: 300 }, () => Array.from({ length: 300 }, () => 0));
    const eventId = await publish(api, { data: { groups } });
    expect(ruleOf(await explained(api, eventId), costly)).toMatchObject({
      outcome: 'condition_failed',
      message: expect.stringMatching(/^Its condition could not be evaluated: /),
      status: 'failed',
      fault: { path: 'condition', code: 'condition_too_costly' },
      trace: { operator: 'some', operands: expect.any(Array) },
    });
  });

  it('tells that a webhook went over to GET, and its rule has no fields for it', async () => {
    const { api, webhook, automation } = await workspace();
    const text = await automation({ templateFormat: 'text', template: 'Hello {{ data.name }}' });
    expect((await api.patch(`/v1/webhooks/${webhook.id}`, { method: 'GET' })).status).toBe(200);
    const rule = ruleOf(await explained(api, await publish(api)), text);
    expect(rule).toMatchObject({
      outcome: 'template_failed',
      message: expect.stringContaining('must render a JSON object'),
      status: 'failed',
      fault: { path: 'template', code: 'get_body_not_object' },
    });
  });

  it('comes in pages, and of one outcome or one automation alone', async () => {
    const { api, automation } = await workspace();
    for (const priority of [1, 2, 3]) await automation({ priority, condition: MAJOR });
    const fired = await automation({ priority: 4 });
    const eventId = await publish(api);
    // It says how far the delivery is.
    await settledDeliveries(api, eventId);
    const whole = await explained(api, eventId);

    const walked: ExplainedRule[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Explanation = await explained(
        api,
        eventId,
        `limit=3${cursor && `&cursor=${cursor}`}`,
      );
      expect(page.counts).toEqual({ condition_false: 3, matched: 1 });
      walked.push(...page.data);
      cursor = page.nextCursor;
    }
    expect(walked).toEqual(whole.data);
    expect(walked).toHaveLength(4);
    expect(await explained(api, eventId, 'outcome=matched')).toMatchObject({
      data: [{ ruleId: fired.id }],
    });
    expect(await explained(api, eventId, `automationId=${fired.id}`)).toMatchObject({
      data: [{ ruleId: fired.id }],
    });
  });

  it('of a test event concerns its webhook alone', async () => {
    const { api, webhook, automation } = await workspace();
    const all = await automation({ triggers: ['*'] });
    const { id } = await api.make<{ id: string }>(`/v1/webhooks/${webhook.id}/test`);
    const explanation = await explained(api, id);
    expect(ruleOf(explanation, webhook)).toMatchObject({ outcome: 'matched' });
    expect(ruleOf(explanation, all)).toMatchObject({
      outcome: 'not_subscribed',
      message: expect.stringContaining('test event'),
    });
  });
});

it('an explanation says so where a rule should have fired, and did not', async () => {
  const { api, automation } = await workspace();
  const fired = await automation({ condition: CAPTAIN });
  const eventId = await publish(api);
  await explained(api, eventId);
  await server.query('DELETE FROM deliveries WHERE event_id = $1', [eventId]);
  expect(ruleOf(await explained(api, eventId), fired)).toMatchObject({
    outcome: 'condition_false',
    message: expect.stringContaining('holds when it is evaluated again'),
    trace: { value: true },
  });
});

describe('an explanation shows the rules as they were', () => {
  it('before an edit and after it', async () => {
    const { api, automation } = await workspace();
    const edited = await automation({ condition: MAJOR });
    const before = await publish(api);
    await explained(api, before);
    await api.patch(`/v1/automations/${edited.id}`, { condition: CAPTAIN, name: 'Captains' });
    const after = await publish(api);
    await explained(api, after);
    await api.patch(`/v1/automations/${edited.id}`, { triggers: ['user.deleted'] });

    expect(ruleOf(await explained(api, before), edited)).toMatchObject({
      revision: 1,
      name: edited.name,
      outcome: 'condition_false',
      trace: { value: false },
    });
    expect(ruleOf(await explained(api, after), edited)).toMatchObject({
      revision: 2,
      name: 'Captains',
      outcome: 'matched',
    });
    expect(ruleOf(await explained(api, await publish(api)), edited)).toMatchObject({
      revision: 3,
      outcome: 'not_subscribed',
    });
  });

  it('though they were deleted since, and not before they were made', async () => {
    const { api, automation } = await workspace();
    const deleted = await automation({ condition: CAPTAIN });
    const eventId = await publish(api);
    await explained(api, eventId);
    await api.delete(`/v1/automations/${deleted.id}`);
    const late = await automation();

    const explanation = await explained(api, eventId);
    expect(ruleOf(explanation, deleted)).toMatchObject({ outcome: 'matched', revision: 1 });
    expect(ruleOf(explanation, late)).toBeUndefined();
    const next = await explained(api, await publish(api));
    expect(ruleOf(next, deleted)).toBeUndefined();
    expect(ruleOf(next, late)).toMatchObject({ outcome: 'matched' });
  });

  it('with a webhook that was off, and is on again', async () => {
    const { api, webhook, automation } = await workspace();
    const target = await automation();
    await api.patch(`/v1/webhooks/${webhook.id}`, { enabled: false });
    const eventId = await publish(api);
    await explained(api, eventId);
    await api.patch(`/v1/webhooks/${webhook.id}`, { enabled: true, name: 'renamed' });
    for (const query of ['', `automationId=${target.id}`])
      expect(ruleOf(await explained(api, eventId, query), target)).toMatchObject({
        outcome: 'disabled',
        message: `Disabled: its webhook "${webhook.name}" was off.`,
      });
  });

  it('when an event that had to wait was dispatched', async () => {
    const idle = await startTestServer({ BUGLE_ROLE: 'api' });
    const { api } = await idle.newWorkspace();
    const edited = await makeAutomation(api, { condition: CAPTAIN });
    const eventId = await publish(api);
    expect((await ask(api, eventId)).body).toMatchObject({
      dispatched: false,
      data: [{ outcome: 'not_yet_dispatched', revision: 1, deliveryId: null }],
    });
    await api.patch(`/v1/automations/${edited.id}`, { condition: MAJOR });
    const accepted = Date.parse((await ask(api, eventId)).body.at);
    await until('a second has passed', () => Date.now() > accepted + 1_100);
    const worker = await idle.join({ BUGLE_ROLE: 'all' });
    expect(ruleOf(await explained(api, eventId), edited)).toMatchObject({
      outcome: 'condition_false',
      revision: 2,
      trace: { value: false },
    });
    await worker.stop();
    await idle.stop();
  });
});

describe('an explanation is not given', () => {
  it('while too many are made for its workspace', async () => {
    const { api } = await server.newWorkspace();
    const eventId = await publish(api);
    await explained(api, eventId);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(api, eventId)));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused)
      expect(answer).toMatchObject({ status: 429, body: { code: 'explanations_busy' } });
    expect((await ask(api, eventId)).status).toBe(200);
  });

  it('of an event that is not there, or is of another workspace', async () => {
    const eventId = await publish(server.api);
    const { api } = await server.newWorkspace();
    expect(await ask(api, eventId)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await ask(api, NOWHERE)).status).toBe(404);
    expect((await ask(api, 'x')).status).toBe(422);
  });

  it.each([[['read:logs']], [['manage:automations']]])(
    'to a key that has only %s: it shows events and rules',
    async (scopes) => {
      const { key } = await server.api.make<{ key: string }>('/v1/api-keys', { name: 'x', scopes });
      const eventId = await publish(server.api);
      expect(await ask(server.api.as(key), eventId)).toMatchObject({
        status: 403,
        body: { code: 'missing_scope', detail: expect.stringContaining('read:logs and manage') },
      });
    },
  );
});
