import { jest } from '@jest/globals';
import { BacktestTally } from '../../src/automations/backtest/backtest.js';
import { eventInput, makeAutomation, makeWebhook, settledDeliveries } from '../support/builders.js';
import { Receiver } from '../support/receiver.js';
import { startTestServerHere, type TestServerHere } from '../support/server-here.js';
import type { BacktestView } from './backtest.fixture.js';

let server: TestServerHere;
let receiver: Receiver;
const since = new Date(Date.now() - 3_600_000).toISOString();

beforeAll(async () => {
  [server, receiver] = await Promise.all([startTestServerHere(), Receiver.start()]);
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

it('a backtest lets others have their turn while it compares long payloads', async () => {
  const { api } = server;
  const { id: webhookId } = await makeWebhook(api, { url: receiver.url });
  const stored = { webhookId, template: '{{ data.before|json }}' };
  const { id: automationId } = await makeAutomation(api, stored);
  const [before, after] = [0, 1_000].map((from) => Array.from({ length: 490 }, (_, i) => from + i));
  const events = Array.from({ length: 20 }, () => eventInput({ data: { before, after } }));
  const { results } = await api.make<{ results: { id: string }[] }>('/v1/events/batch', {
    events,
  });
  for (const { id } of results) await settledDeliveries(api, id);

  const compared = jest.spyOn(BacktestTally.prototype, 'add');
  const turn = jest.fn();
  const turns = setInterval(turn);
  const automation = { template: '{{ data.after|json }}' };
  const { comparison } = await api.make<BacktestView>('/v1/automations/backtest', {
    since,
    automationId,
    automation,
  });
  clearInterval(turns);
  const [first = 0, ...further] = compared.mock.invocationCallOrder;
  compared.mockRestore();
  expect(comparison?.changedBody.count).toBe(20);
  const between = (order: number) => order > first && order < (further.at(-1) ?? 0);
  expect(turn.mock.invocationCallOrder.filter(between).length).toBeGreaterThan(1);
});
