import { toHealthView } from './delivery-settings.dto.js';
import { healthOf } from './webhook-health.js';

const since = new Date('2031-01-27T10:00:00Z');
const until = new Date('2031-01-27T11:00:00Z');
const row = { webhookId: 'w', failures: 12, failingSince: since, heldUntil: until };

describe('toHealthView', () => {
  it('says until when a webhook is held', () => {
    const held = { state: 'held', heldUntil: until.toISOString() };
    expect(toHealthView(healthOf(true, row))).toMatchObject(held);
  });

  it('says of none that is disabled that it is held', () => {
    expect(toHealthView(healthOf(false, row))).toEqual({
      state: 'disabled',
      failingSince: since.toISOString(),
      heldUntil: null,
      consecutiveFailures: 12,
    });
  });
});
