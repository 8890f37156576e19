import { setTimeout as pause } from 'node:timers/promises';
import { type AutomationView, makeWebhook, uniqueName } from '../support/builders.js';
import type { Client } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  [server, receiver] = await Promise.all([startTestServer(), Receiver.start()]);
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

/** Each does as much as it may before it is stopped: steps, text, lists, comparisons. */
const GREEDY_TEMPLATES = [
  '[{% for a in 1..4000 %}{% for b in 1..4000 %}{% endfor %}{% endfor %}]',
  '{% set t = "x" %}{% for i in 1..40 %}{% set t = t ~ t %}{% endfor %}"{{ t }}"',
  '{% set l = [1] %}{% for i in 1..40 %}{% set l = l|merge(l) %}{% endfor %}{{ l|json }}',
  '{% set l = [1] %}{% for i in 1..40 %}{% set l = [l, l] %}{% endfor %}{{ (l == l ? 1 : 2)|json }}',
  '{{ (1..4000)|map(v => (1..4000)|map(w => v ~ w))|json }}',
  '"{% for i in 1..4000 %}{{ data.text|upper|title|slug }}{% endfor %}"',
];
const GREEDY_CONDITIONS = [
  {
    reduce: [{ var: 'data.list' }, { cat: [{ var: 'accumulator' }, { var: 'accumulator' }] }, 'x'],
  },
  {
    some: [{ var: 'data.list' }, { some: [{ var: 'list' }, { '==': [{ var: '' }, -1] }] }],
  },
  { all: [{ var: 'data.list' }, { in: ['xxxxxxxxxxxxxxxxxxxxy', { var: 'text' }] }] },
];

const HEAVY = {
  text: 'ä'.repeat(20_000),
  list: Array.from({ length: 1_000 }, (_, index) => ({
    list: [index, index],
    text: 'x'.repeat(20),
  })),
};

async function flood(api: Client): Promise<void> {
  const { id: webhookId } = await makeWebhook(api, { url: receiver.url, events: [] });
  const rules = [
    ...GREEDY_TEMPLATES.map((template) => ({ template })),
    ...GREEDY_CONDITIONS.map((condition) => ({ condition, template: '{}' })),
  ];
  for (const rule of rules) {
    const name = uniqueName('greedy');
    await api.make<AutomationView>('/v1/automations', {
      name,
      triggers: ['user.created'],
      webhookId,
      ...rule,
    });
  }
  for (let batch = 0; batch < 4; batch += 1) {
    const event = { type: 'user.created', data: HEAVY };
    await api.make('/v1/events/batch', { events: Array.from({ length: 25 }, () => event) });
  }
}

describe('a workspace whose rules are as costly as they can be', () => {
  it('delays nobody else, and the server answers all the while', async () => {
    const hostile = await server.newWorkspace();
    const neighbour = await server.newWorkspace();
    const { api } = neighbour;
    await makeWebhook(api, { url: receiver.url, events: ['user.updated'] });
    await flood(hostile.api);
    expect(await waiting()).toBeGreaterThan(0);

    const health: number[] = [];
    const delays: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      const asked = performance.now();
      await server.api.get('/healthz');
      health.push(performance.now() - asked);
      const before = receiver.requests.length;
      const published = performance.now();
      await api.make('/v1/events', { type: 'user.updated', data: { index } });
      await receiver.received(before + 1);
      delays.push(performance.now() - published);
      await pause(20);
    }
    // While there was still work to do for the other: else this has proved nothing.
    expect(await waiting()).toBeGreaterThan(0);
    // Two in twenty may be somebody else's work on this machine.
    expect(thirdWorst(health)).toBeLessThan(100);
    expect(thirdWorst(delays)).toBeLessThan(500);
  });
});

/** Events that are not dispatched yet. */
async function waiting(): Promise<number> {
  const [row] = await server.query<{ n: number }>('SELECT count(*)::int AS n FROM event_outbox');
  return row?.n ?? 0;
}

function thirdWorst(values: readonly number[]): number {
  return values.toSorted((a, b) => b - a)[2] ?? Infinity;
}
