import { builtInEventType } from '../../event-bus/index.js';
import type { Settlement } from '../delivery.js';
import { type FailedAttempt, type Named, recoveryOf, subjectOf } from './operational-event.js';

const settlement: Settlement = {
  deliveryId: 'd',
  workspaceId: 'w',
  webhookId: 'h',
  webhookRevision: 1,
  number: 4,
  trigger: 'automatic',
  outcome: 'rejected',
  startedAt: '2026-11-21T20:00:00.000Z',
  durationMs: 12,
  requestMethod: 'POST',
  requestUrl: 'https://hooks.example.com/services/s3cret?token=s3cret',
  requestHeaders: { authorization: '***', 'x-plain': 's3cret' },
  statusCode: 503,
  responseHeaders: { 'x-id': 's3cret' },
  responseBody: 's3cret',
  error: { code: 'rejected', message: 'The receiver answered 503.' },
  status: 'exhausted',
  waitMs: null,
  countsAs: 'failure',
  throttleMs: null,
  isCutOff: false,
};
const failed: FailedAttempt = {
  settlement,
  eventId: 'e',
  eventType: 'user.created',
  automationId: null,
};
/** Names and order of all fields. */
const shapeOf = (data: object) =>
  JSON.stringify(data, (_, value: unknown) =>
    value !== null && typeof value === 'object' ? value : 0,
  );
const told = (url: string) => subjectOf(failed, { name: 'CRM', url });

describe('subjectOf', () => {
  it('tells which webhook, which delivery and how it failed, in the shape of the catalogue', () => {
    expect(told('https://hooks.example.com/services/s3cret')).toEqual({
      webhook: { id: 'h', name: 'CRM', url: 'https://hooks.example.com/…' },
      delivery: {
        id: 'd',
        eventId: 'e',
        eventType: 'user.created',
        automationId: null,
        attempts: 4,
      },
      lastError: { code: 'rejected', message: 'The receiver answered 503.', statusCode: 503 },
    });
    const example = builtInEventType('delivery.exhausted')?.example.data ?? {};
    expect(shapeOf(told('https://crm.example.com/hook'))).toBe(shapeOf(example));
  });

  it.each([
    ['https://hooks.example.com/services/s3cret', 'https://hooks.example.com/…'],
    ['https://example.com/?key=s3cret', 'https://example.com/…'],
    ['https://example.com', 'https://example.com/'],
    ['http://name:s3cret@example.com:8080/#s3cret', 'http://example.com:8080/'],
    ['s3cret', ''],
  ])('says no more of %s than %s', (url, shown) => {
    const subject = told(url);
    expect(subject).toMatchObject({ webhook: { url: shown } });
    expect(JSON.stringify(subject)).not.toContain('s3cret');
  });

  it.each<Named>([undefined])('leaves name and URL open when the webhook is gone', (gone) => {
    expect(subjectOf(failed, gone)).toMatchObject({ webhook: { id: 'h', name: null, url: null } });
  });
});

describe('recoveryOf', () => {
  it('tells which webhook failed since when, in the shape of the catalogue and without its secret', () => {
    const data = recoveryOf('h', {
      workspaceId: 'w',
      name: 'CRM',
      url: 'https://hooks.example.com/services/s3cret',
      failures: 14,
      failingSince: new Date('2026-11-21T20:00:00Z'),
      recoveredAt: new Date('2026-11-21T20:08:00Z'),
    });
    expect(data).toEqual({
      webhook: { id: 'h', name: 'CRM', url: 'https://hooks.example.com/…' },
      failures: 14,
      failingSince: '2026-11-21T20:00:00.000Z',
      recoveredAt: '2026-11-21T20:08:00.000Z',
    });
    const example = builtInEventType('webhook.recovered')?.example.data ?? {};
    expect(shapeOf(data)).toBe(shapeOf(example));
  });
});
