import {
  eventInput,
  makeAutomation,
  makeWebhook,
  NOWHERE,
  publish,
  settledDeliveries,
} from '../support/builders.js';
import type { Client, ProblemBody } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { type BacktestView, StreamedBacktest } from './backtest.fixture.js';

let server: TestServer;
let receiver: Receiver;
const since = new Date(Date.now() - 3_600_000).toISOString();

beforeAll(async () => {
  [server, receiver] = await Promise.all([startTestServer(), Receiver.start()]);
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

const CAPTAIN = { '==': [{ var: 'data.rank' }, 'Captain'] };
const GREETING = '{"text": "Welcome, {{ data.name }}!"}';
const draft = (differences: object = {}) => ({ triggers: ['user.created'], ...differences });

const post = <Body = ProblemBody>(api: Client, body: object) =>
  api.post<Body>('/v1/automations/backtest', { since, ...body });

async function backtest(api: Client, body: object): Promise<BacktestView> {
  const { status, body: view } = await post<BacktestView>(api, body);
  expect({ status, view }).toMatchObject({ status: 200 });
  return view;
}

/** Publishes one event of each rank and gives their ids. */
async function publishRanks(api: Client, ...ranks: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const rank of ranks) ids.push(await publish(api, { data: { name: `The ${rank}`, rank } }));
  return ids;
}

describe('a backtest', () => {
  it('tells what a draft would have fired for, newest first, with its payloads', async () => {
    const { api } = await server.newWorkspace();
    const [first, , third] = await publishRanks(api, 'Captain', 'Major', 'Captain');
    await publish(api, { type: 'user.deleted' });
    const automation = draft({ condition: CAPTAIN, template: GREETING });
    const found = await backtest(api, { automation });
    expect(found).toMatchObject({ scanned: 4, tried: 3, matched: 2, failed: 0, truncated: false });
    expect(found.comparison).toBeNull();
    expect(found.matches).toMatchObject([
      { eventId: third, type: 'user.created', outcome: 'rendered' },
      { eventId: first, body: '{"text": "Welcome, The Captain!"}' },
    ]);
  });

  it('says what now was, so that a preview gives the same payload', async () => {
    const { api } = await server.newWorkspace();
    const [eventId] = await publishRanks(api, 'Captain');
    const { body: event } = await api.get<{ createdAt: string }>(`/v1/events/${eventId}`);
    const automation = draft({ template: '{"at": "{{ now }}"}' });
    const [match] = (await backtest(api, { automation })).matches;
    expect(match).toMatchObject({ now: event.createdAt, body: `{"at": "${event.createdAt}"}` });
    const shown = await api.make<{ request: object }>('/v1/automations/preview', {
      automation,
      eventId,
      now: match?.now,
    });
    expect(shown.request).toMatchObject({ body: match?.body });
  });

  it('tells which payloads cannot be rendered, and where', async () => {
    const { api } = await server.newWorkspace();
    const [eventId] = await publishRanks(api, 'Captain');
    const automation = draft({ template: '{\n"name": {{ data.name }}\n}' });
    const found = await backtest(api, { automation });
    expect(found).toMatchObject({ matched: 1, failed: 1 });
    expect(found.matches).toEqual([
      expect.objectContaining({
        eventId,
        outcome: 'failed',
        fault: expect.objectContaining({ path: 'template', code: 'not_json', line: 2 }),
      }),
    ]);
  });

  it('is bounded by a limit, times and types', async () => {
    const { api } = await server.newWorkspace();
    const ids = await publishRanks(api, 'Captain', 'Major', 'Colonel');
    const automation = draft({ triggers: ['*'] });
    const limited = await backtest(api, { automation, limit: 2 });
    expect(limited).toMatchObject({ tried: 2, truncated: true });
    expect(limited.matches.map(({ eventId }) => eventId)).toEqual(ids.slice(1).toReversed());
    expect(await backtest(api, { automation, limit: 3 })).toMatchObject({ truncated: false });
    expect(
      await backtest(api, { automation, until: since, since: '2020-01-01T00:00:00Z' }),
    ).toMatchObject({
      scanned: 0,
    });
    expect(await backtest(api, { automation, eventTypes: ['user.deleted'] })).toMatchObject({
      scanned: 3,
      tried: 0,
    });
  });

  it('sends nothing and stores nothing', async () => {
    const { api } = await server.newWorkspace();
    const webhook = await makeWebhook(api, { url: receiver.url });
    await publishRanks(api, 'Captain');
    await server.dispatched();
    const [rows, requests] = [await server.rowCounts(), receiver.requests.length];
    const found = await backtest(api, { automation: draft({ webhookId: webhook.id }) });
    expect(found.matched).toBe(1);
    expect(await server.rowCounts()).toEqual(rows);
    expect(receiver.requests).toHaveLength(requests);
  });

  it('sees no event of another workspace', async () => {
    const [mine, theirs] = [await server.newWorkspace(), await server.newWorkspace()];
    await publishRanks(theirs.api, 'Captain');
    const automation = draft({ triggers: ['*'] });
    expect(await backtest(mine.api, { automation })).toMatchObject({ scanned: 0, matched: 0 });
    const { id: automationId } = await makeAutomation(theirs.api);
    expect(await post(mine.api, { automationId })).toMatchObject({ status: 404 });
  });
});

describe('a backtest of an edit', () => {
  it('tells what differs from what was really sent', async () => {
    const { api } = await server.newWorkspace();
    const { id: webhookId } = await makeWebhook(api, { url: receiver.url });
    const stored = { webhookId, condition: CAPTAIN, template: '{"n": "{{ data.name }}"}' };
    const { id: automationId } = await makeAutomation(api, stored);
    const [captain = '', major] = await publishRanks(api, 'Captain', 'Major');
    const [sent] = await settledDeliveries(api, captain);

    const same = await backtest(api, { automationId });
    expect(same).toMatchObject({ tried: 2, matched: 1 });
    expect(same.comparison).toEqual({
      newlyMatched: { count: 0, events: [] },
      noLongerMatched: { count: 0, events: [] },
      changedBody: { count: 0, events: [] },
    });

    const wider = { condition: null, template: '{"name": "{{ data.name }}"}' };
    const { comparison } = await backtest(api, { automationId, automation: wider });
    expect(comparison).toMatchObject({
      newlyMatched: { count: 1, events: [{ eventId: major, deliveryId: null }] },
      noLongerMatched: { count: 0 },
      changedBody: { count: 1, events: [{ eventId: captain, deliveryId: sent?.id }] },
    });
    expect(comparison?.changedBody.events[0]?.lines).toContain(
      '-  "n": "The Captain"\n+  "name": "The Captain"',
    );
    expect((await api.get(`/v1/automations/${automationId}`)).body).toMatchObject(stored);
  });

  it('tells of events that its new triggers no longer select', async () => {
    const { api } = await server.newWorkspace();
    const { id: webhookId } = await makeWebhook(api, { url: receiver.url });
    const { id: automationId } = await makeAutomation(api, { webhookId });
    const [eventId = ''] = await publishRanks(api, 'Captain');
    await settledDeliveries(api, eventId);
    const automation = { triggers: ['user.deleted'] };
    expect(await backtest(api, { automationId, automation })).toMatchObject({
      matched: 0,
      comparison: { noLongerMatched: { count: 1, events: [{ eventId }] } },
    });
  });
});

describe('a backtest over many events', () => {
  const EVENTS = 3_000;
  let api: Client;
  const automation = draft({ condition: CAPTAIN, template: GREETING });
  const slow = draft({ template: '"{% for i in 1..9000 %}{{ i }}{% endfor %}"' });

  beforeAll(async () => {
    ({ api } = await server.newWorkspace());
    const events = Array.from({ length: 1_000 }, () => eventInput());
    for (let made = 0; made < EVENTS; made += events.length)
      await api.make('/v1/events/batch', { events });
  });

  it('shows its progress, and its result last', async () => {
    const running = await StreamedBacktest.start(api, { since, automation, limit: EVENTS });
    const steps = await running.all();
    const progress = steps.slice(0, -1);
    expect(progress[0]).toEqual({ event: 'progress', data: { scanned: 0, tried: 0, matched: 0 } });
    expect(progress.length).toBeGreaterThan(10);
    expect(new Set(progress.map(({ event }) => event))).toEqual(new Set(['progress']));
    const result = steps.at(-1);
    expect(result).toMatchObject({ event: 'result', data: { matched: EVENTS, truncated: false } });
    expect(result?.data).toHaveProperty('matches.99.eventId');
    expect(result?.data).not.toHaveProperty('matches.100');
    expect(result?.data).toHaveProperty('matches.19.body');
    expect(result?.data).not.toHaveProperty('matches.20.body');
  });

  it('is the only one of its workspace', async () => {
    const running = await StreamedBacktest.start(api, { since, automation: slow });
    await running.next();
    const refused = { status: 409, body: { code: 'backtest_running' } };
    expect(await post(api, { automation })).toMatchObject(refused);
    const { api: neighbour } = await server.newWorkspace();
    expect(await backtest(neighbour, { automation })).toMatchObject({ tried: 0 });
    running.leave();
    await isFree();
  });

  it('ends when its client goes away', async () => {
    const running = await StreamedBacktest.start(api, { since, automation: slow, limit: EVENTS });
    expect(await running.next()).toMatchObject({ event: 'progress' });
    running.leave();
    await isFree();
  });

  it('ends when its client goes away without having asked for progress', async () => {
    const abort = new AbortController();
    const { address, key } = api;
    const answer = fetch(`${address}/v1/automations/backtest`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ since, automation: slow, limit: EVENTS }),
      signal: abort.signal,
    });
    await until('it runs', async () => (await nothing()).status === 409);
    abort.abort();
    await expect(answer).rejects.toThrow('abort');
    await isFree();
  });

  /** Answered 404 when there is room for it. */
  const nothing = () => post(api, { automationId: NOWHERE });

  /** In a small part of the time that the slow one takes. */
  const isFree = () => until('it is over', async () => (await nothing()).status === 404, 2_000);
});

it('a backtest ends at once when the server is stopped, and says so', async () => {
  const stopped = await startTestServer({ BUGLE_SHUTDOWN_GRACE_MS: '20000' });
  const events = Array.from({ length: 1_000 }, () => eventInput());
  for (let made = 0; made < 3; made++) await stopped.api.make('/v1/events/batch', { events });
  const automation = draft({ template: '"{% for i in 1..9000 %}{{ i }}{% endfor %}"' });
  const running = await StreamedBacktest.start(stopped.api, { since, automation, limit: 3_000 });
  await running.next();
  const started = performance.now();
  const [steps] = await Promise.all([running.all(), stopped.stop()]);
  expect(steps.at(-1)).toMatchObject({ event: 'error', data: { code: 'shutting_down' } });
  expect(performance.now() - started).toBeLessThan(5_000);
});

describe('a backtest is refused', () => {
  it.each([
    ['nothing to try', {}, { path: '' }],
    ['a draft without triggers', { automation: {} }, { path: 'automation.triggers' }],
    [
      'a faulty condition',
      { automation: draft({ condition: { nope: 1 } }) },
      { path: 'automation.condition.nope', code: 'unknown_operator' },
    ],
    [
      'a faulty template',
      { automation: draft({ template: '{{' }) },
      { path: 'automation.template', line: 1 },
    ],
    [
      'a webhook that is not there',
      { automation: draft({ webhookId: NOWHERE }) },
      { path: 'automation.webhookId', code: 'unknown_webhook' },
    ],
    ['too many events', { automation: draft(), limit: 10_001 }, { path: 'limit' }],
    [
      'a start after the end',
      { automation: draft(), until: '2020-01-01T00:00:00Z' },
      { path: 'since' },
    ],
    ['a type that is none', { automation: draft(), eventTypes: ['*'] }, { path: 'eventTypes[0]' }],
    ['a misspelt field', { automation: draft(), limt: 1 }, { path: 'limt' }],
  ])('with %s', async (_, body, fault) => {
    const answer = await post(server.api, body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
    expect(answer.body.errors).toEqual([expect.objectContaining(fault)]);
  });

  it('of an automation that is not there', async () => {
    expect(await post(server.api, { automationId: NOWHERE })).toMatchObject({ status: 404 });
  });

  it.each([[['read:logs']], [['manage:automations']]])(
    'to a key that has only %s',
    async (scopes) => {
      const { key } = await server.api.make<{ key: string }>('/v1/api-keys', { name: 'x', scopes });
      expect(await post(server.api.as(key), { automation: draft() })).toMatchObject({
        status: 403,
        body: { code: 'missing_scope' },
      });
    },
  );

  it('leaves its workspace free for the next one', async () => {
    const { api } = await server.newWorkspace();
    expect(await post(api, { automation: {} })).toMatchObject({ status: 422 });
    expect(await backtest(api, { automation: draft() })).toMatchObject({ scanned: 0 });
  });
});
