import { signatureKeys } from '../../webhooks/index.js';
import type { Outcome, UnreachableCode } from '../sending/index.js';
import { type Attempt, settlementOf, withoutTexts } from './attempt.js';

const NOW = new Date('2026-11-21T20:00:00Z');
const policy = { scheduleSeconds: [5, 30], jitter: 0, finalStatusCodes: [] };
const judgement = { policy, now: NOW, random: 0.5 };

function attempt(number = 1): Attempt {
  return {
    delivery: {
      id: 'd',
      workspaceId: 'w',
      eventId: 'e',
      webhookId: 'h',
      webhookRevision: 1,
      attempt: number,
      scheduleAttempt: number,
      trigger: 'automatic',
      orderKey: null,
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
      revision: 3,
      url: 'https://example.com/',
      method: 'POST',
      keys: signatureKeys('whsec_x'),
      headers: {},
      maskedHeaders: ['X-Token'],
      retryPolicy: null,
      rateLimit: null,
    },
    startedAt: NOW,
  };
}

const answered = (statusCode: number, retryAfter?: string): Outcome => ({
  kind: statusCode < 300 ? 'delivered' : 'rejected',
  statusCode,
  retryAfter,
  responseHeaders: { 'x-id': '1' },
  responseBody: 'ok',
  durationMs: 12,
});
const unreachable = (code: UnreachableCode): Outcome => ({
  kind: 'unreachable',
  error: { code, message: 'No answer came.' },
  durationMs: 15_000,
});

describe('settlementOf', () => {
  it('ends the delivery with a 2xx', () => {
    const { settlement, targetGone } = settlementOf(attempt(), answered(204), judgement);
    expect(settlement).toMatchObject({ status: 'delivered', waitMs: null, error: null });
    expect(targetGone).toBe(false);
  });

  it('plans the next attempt after anything else, with the reason', () => {
    const { settlement } = settlementOf(attempt(2), answered(500), judgement);
    expect(settlement).toMatchObject({
      number: 2,
      status: 'retrying',
      statusCode: 500,
      waitMs: 30_000,
      error: { code: 'rejected' },
    });
  });

  it('gives up after the last planned attempt', () => {
    const { settlement } = settlementOf(attempt(3), unreachable('timeout'), judgement);
    expect(settlement).toMatchObject({
      status: 'exhausted',
      waitMs: null,
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
    const asked = { status: 'retrying', waitMs: 0, countsAs: null, isCutOff: true };
    expect(settlement).toMatchObject(asked);
  });

  it('stores no secret header', () => {
    const { settlement } = settlementOf(attempt(), answered(200), judgement);
    expect(settlement.requestHeaders).toEqual({
      authorization: '***',
      'x-token': '***',
      'x-team': 'crm',
    });
  });

  it('goes by the place in the schedule, not by the number in the log', () => {
    const recovered = attempt(14);
    recovered.delivery.scheduleAttempt = 1;
    const { settlement } = settlementOf(recovered, answered(500), judgement);
    expect(settlement).toMatchObject({ number: 14, status: 'retrying', waitMs: 5_000 });
  });

  it('names the webhook at the revision that was called', () => {
    const { settlement } = settlementOf(attempt(), answered(500), judgement);
    expect(settlement).toMatchObject({ webhookId: 'h', webhookRevision: 3 });
  });

  it.each<[string, Outcome, string | null]>([
    ['a 204', answered(204), 'success'],
    ['a 500', answered(500), 'failure'],
    ['a 410', answered(410), 'failure'],
    ['silence', unreachable('timeout'), 'failure'],
    ['the end of this process', unreachable('cancelled'), null],
    ['a secret that cannot be read here', unreachable('secret_unreadable'), null],
    ['a proxy of ours that is broken', unreachable('proxy_failure'), null],
  ])('of %s counts for the webhook as %s', (_, outcome, countsAs) => {
    expect(settlementOf(attempt(), outcome, judgement).settlement.countsAs).toBe(countsAs);
  });

  it.each<[Outcome, number | null]>([
    [answered(429, '30'), 30_000],
    [answered(503, '30'), 30_000],
    [answered(429, '86400'), 600_000],
    [answered(429, '0'), null],
    [answered(429), null],
    [answered(500, '30'), null],
    [unreachable('timeout'), null],
  ])(
    'holds the whole webhook while the receiver asks for it, ten minutes at most',
    (outcome, ms) => {
      expect(settlementOf(attempt(), outcome, judgement).settlement.throttleMs).toBe(ms);
    },
  );
});

describe('withoutTexts', () => {
  it('keeps the end of the attempt, and says what is missing', () => {
    const { settlement } = settlementOf(attempt(), answered(500), judgement);
    expect(withoutTexts(settlement)).toMatchObject({
      status: 'retrying',
      statusCode: 500,
      requestHeaders: {},
      responseHeaders: null,
      responseBody: null,
      error: { code: 'rejected', message: expect.stringContaining('could not be stored') },
    });
    const good = settlementOf(attempt(), answered(200), judgement).settlement;
    expect(withoutTexts(good)).toMatchObject({
      status: 'delivered',
      error: { code: 'not_stored' },
    });
  });
});
