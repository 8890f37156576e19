import { type Attempt, settlementOf } from './attempt.js';
import type { Outcome } from '../sending/index.js';

const NOW = new Date('2026-11-21T20:00:00Z');
const judgement = { policy: { scheduleSeconds: [5, 30], jitter: 0 }, now: NOW, random: 0.5 };

function attempt(number = 1): Attempt {
  return {
    delivery: {
      id: 'd',
      workspaceId: 'w',
      eventId: 'e',
      webhookId: 'h',
      webhookRevision: 1,
      attempt: number,
      trigger: 'automatic',
      body: '{}',
      contentType: 'application/json',
    },
    request: {
      method: 'POST',
      url: 'https://example.com/',
      headers: { authorization: 'Bearer secret', 'x-token': 'secret', 'x-team': 'crm' },
    },
    target: {
      webhookId: 'h',
      revision: 1,
      url: 'https://example.com/',
      method: 'POST',
      secret: 'whsec_x',
      headers: {},
      maskedHeaders: ['X-Token'],
    },
    startedAt: NOW,
  };
}

const answered = (statusCode: number): Outcome => ({
  kind: statusCode < 300 ? 'delivered' : 'rejected',
  statusCode,
  responseHeaders: { 'x-id': '1' },
  responseBody: 'ok',
  durationMs: 12,
});
const unreachable = (code: 'timeout' | 'cancelled'): Outcome => ({
  kind: 'unreachable',
  error: { code, message: 'No answer came.' },
  durationMs: 15_000,
});

describe('settlementOf', () => {
  it('ends the delivery with a 2xx', () => {
    const { settlement, targetGone } = settlementOf(attempt(), answered(204), judgement);
    expect(settlement).toMatchObject({ status: 'delivered', nextAttemptAt: null, error: null });
    expect(targetGone).toBe(false);
  });

  it('plans the next attempt after anything else, with the reason', () => {
    const { settlement } = settlementOf(attempt(2), answered(500), judgement);
    expect(settlement).toMatchObject({
      number: 2,
      status: 'retrying',
      statusCode: 500,
      nextAttemptAt: '2026-11-21T20:00:30.000Z',
      error: { code: 'rejected' },
    });
  });

  it('gives up after the last planned attempt', () => {
    const { settlement } = settlementOf(attempt(3), unreachable('timeout'), judgement);
    expect(settlement).toMatchObject({
      status: 'exhausted',
      nextAttemptAt: null,
      statusCode: null,
    });
  });

  it('gives up at once and reports the target gone with a 410', () => {
    const { settlement, targetGone } = settlementOf(attempt(), answered(410), judgement);
    expect(settlement.status).toBe('exhausted');
    expect(targetGone).toBe(true);
  });

  it('makes an attempt that the end of the worker cut off due at once', () => {
    const { settlement } = settlementOf(attempt(3), unreachable('cancelled'), judgement);
    expect(settlement).toMatchObject({ status: 'retrying', nextAttemptAt: NOW.toISOString() });
  });

  it('stores no secret header', () => {
    const { settlement } = settlementOf(attempt(), answered(200), judgement);
    expect(settlement.requestHeaders).toEqual({
      authorization: '***',
      'x-token': '***',
      'x-team': 'crm',
    });
  });
});
