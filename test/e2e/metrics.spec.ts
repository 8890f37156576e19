import { newId } from '../../src/database/ids.js';
import {
  eventInput,
  makeAutomation,
  makeWebhook,
  publish,
  settledDeliveries,
} from '../support/builders.js';
import type { Client, ProblemBody } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { freshSamples, keyWith, samples } from './metrics.fixture.js';

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  server = await startTestServer();
  receiver = await Receiver.start();
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

/** What a request for the metrics is answered: 200, or the code of the refusal. */
async function codeFor(api: Client): Promise<string | number> {
  const { status, body } = await api.get<ProblemBody>('/metrics');
  return status === 200 ? 200 : body.code;
}

describe('who may read the metrics', () => {
  it('is whoever has a key of the home workspace with read:metrics, or its admin', async () => {
    expect(await codeFor(await keyWith(server.api, ['read:metrics']))).toBe(200);
    expect(await codeFor(server.api)).toBe(200);
  });

  it('is nobody else', async () => {
    const other = await server.newWorkspace();
    expect(await codeFor(server.api.as(undefined))).toBe('unauthorized');
    expect(await codeFor(await keyWith(server.api, ['read:logs', 'redeliver']))).toBe(
      'missing_scope',
    );
    expect(await codeFor(other.api)).toBe('home_workspace_only');
    expect(await codeFor(await keyWith(other.api, ['read:metrics']))).toBe('home_workspace_only');
  });

  it('a key with read:metrics reads nothing else', async () => {
    const api = await keyWith(server.api, ['read:metrics']);
    expect((await api.get('/v1/events')).status).toBe(403);
  });
});

it('are in the text format of Prometheus, each with help, and named with their unit', async () => {
  const { headers, body } = await server.api.get<string>('/metrics');
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const names = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '']) => name);
  for (const name of names) expect(body).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
  const ours = names.filter((name) => name.startsWith('bugle_'));
  expect(ours.length).toBeGreaterThan(30);
  expect(names).toEqual(
    expect.arrayContaining(['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes']),
  );
});

it('name no workspace, webhook or event type, whatever happens', async () => {
  const { id: webhookId } = await makeWebhook(server.api, { url: receiver.url });
  await makeAutomation(server.api, { webhookId });
  await settledDeliveries(server.api, await publish(server.api));
  const { body } = await server.api.get<string>('/metrics');
  expect(body).not.toContain(webhookId);
  expect(body).not.toContain('user.created');
  expect(body).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-7/);
});

describe('what happened is counted', () => {
  it('from publish to delivery', async () => {
    const { api } = await server.newWorkspace();
    const { id: webhookId } = await makeWebhook(api, { url: receiver.url });
    await makeAutomation(api, { webhookId });
    await makeAutomation(api, { webhookId, condition: { '==': [1, 2] } });
    const before = await samples(server.api);
    const increase = async (name: string) =>
      ((await samples(server.api)).get(name) ?? 0) - (before.get(name) ?? 0);
    await settledDeliveries(api, await publish(api));
    expect(await increase('bugle_events_published_total{result="accepted"}')).toBe(1);
    expect(await increase('bugle_events_dispatched_total')).toBe(1);
    expect(await increase('bugle_rules_tried_total{outcome="matched"}')).toBe(1);
    expect(await increase('bugle_rules_tried_total{outcome="not_matched"}')).toBe(1);
    expect(
      await increase('bugle_attempts_total{outcome="delivered",error="none",status_class="2xx"}'),
    ).toBe(1);
    expect(await increase('bugle_deliveries_settled_total{status="delivered"}')).toBe(1);
    expect(await increase('bugle_first_send_lag_seconds_count')).toBe(1);
    expect(await increase('bugle_first_send_lag_seconds_bucket{le="15"}')).toBe(1);
    expect(await increase('bugle_delivered_lag_seconds_count')).toBe(1);
    expect(await increase('bugle_attempt_duration_seconds_count')).toBe(1);
  });

  it('refused and repeated events, too', async () => {
    const before = await samples(server.api);
    const event = eventInput({ id: newId() });
    for (const input of [
      event,
      event,
      { ...event, data: { id: 8 } },
      eventInput({ type: 'no.such' }),
    ])
      await server.api.post('/v1/events', input);
    const after = await samples(server.api);
    const increase = ['accepted', 'duplicate', 'key_reused', 'refused'].map((result) => {
      const name = `bugle_events_published_total{result="${result}"}`;
      return (after.get(name) ?? 0) - (before.get(name) ?? 0);
    });
    expect(increase).toEqual([1, 1, 1, 1]);
  });

  it('failed attempts by their error, without a value for each status', async () => {
    const { api } = await server.newWorkspace();
    const failing = await Receiver.start({ status: 418 });
    await makeWebhook(api, { url: failing.url, events: ['user.created'] });
    await makeWebhook(api, { url: 'http://127.0.0.1:9/hook', events: ['user.created'] });
    await publish(api);
    await failing.received(1);
    const rejected = 'bugle_attempts_total{outcome="rejected",error="rejected",status_class="4xx"}';
    const refused =
      'bugle_attempts_total{outcome="unreachable",error="connection_refused",status_class="none"}';
    const counted = await until('both are counted', async () => {
      const now = await samples(server.api);
      return now.has(rejected) && now.has(refused) && now;
    });
    expect([...counted.keys()].join()).not.toContain('418');
    await failing.stop();
  });
});

it('what waits is shown by why it waits', async () => {
  const { api } = await server.newWorkspace();
  const { id } = await makeWebhook(api, { events: ['user.deleted'], enabled: false });
  await server.query(
    `INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger)
     SELECT gen_random_uuid(), $1, now() - interval '90 seconds', 0, 'automatic' FROM generate_series(1, 7)`,
    [id],
  );
  const now = await freshSamples(server.api, 'bugle_due_deliveries{webhook="disabled"}', 7);
  expect(now.get('bugle_due_deliveries{webhook="held"}')).toBe(0);
  expect(now.get('bugle_due_oldest_seconds{webhook="disabled"}')).toBeGreaterThan(89);
  expect(now.get('bugle_due_oldest_seconds{webhook="disabled"}')).toBeLessThan(120);
  expect(now.get('bugle_retention_overdue_days')).toBe(0);
  expect(now.get('bugle_partition_days')).toBeGreaterThan(8);
  expect(now.get('bugle_database_up')).toBe(1);
});
