import { type HealthRow, healthOf } from './webhook-health.js';

const TIME = new Date('2026-11-21T20:00:00Z');
const row = (differences: Partial<HealthRow>): HealthRow => ({
  webhookId: 'h',
  failures: 0,
  failingSince: null,
  heldUntil: null,
  ...differences,
});

describe('healthOf', () => {
  it.each<[string, boolean, HealthRow | undefined, string]>([
    ['never failed', true, undefined, 'healthy'],
    ['succeeded again', true, row({}), 'healthy'],
    ['failed last', true, row({ failures: 1, failingSince: TIME }), 'failing'],
    [
      'is held for its failures',
      true,
      row({ failures: 12, failingSince: TIME, heldUntil: TIME }),
      'held',
    ],
    ['was asked to pause', true, row({ heldUntil: TIME }), 'held'],
    ['is disabled', false, row({ failures: 12, failingSince: TIME, heldUntil: TIME }), 'disabled'],
  ])('of a webhook that %s', (_, enabled, known, state) => {
    expect(healthOf(enabled, known)).toMatchObject({
      state,
      consecutiveFailures: known?.failures ?? 0,
      failingSince: known?.failingSince ?? null,
    });
  });
});
