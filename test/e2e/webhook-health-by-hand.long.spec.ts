import { until } from '../support/until.js';
import type { DeliveryWithAttempts } from './deliver.fixture.js';
import { anHourAgo, doneJob } from './job.fixture.js';
import { FAILURES, isHeld, useOutages, webhookWhen } from './webhook-health.fixture.js';

const HOLD_MS = 1_000_000;

const { receiver, story, down, up } = useOutages({ BUGLE_BREAKER_HOLD_MS: String(HOLD_MS) });

/** A webhook that is held for much longer than a test lasts, and the deliveries that have led to it. */
async function failing() {
  down();
  const { id } = await story().webhook(receiver().url, { retryPolicy: { schedule: [] } });
  const deliveries: DeliveryWithAttempts[] = [];
  for (let n = 0; n < FAILURES; n++)
    deliveries.push(await story().settled(await story().publish({ n }), 'exhausted'));
  await webhookWhen(story(), id, isHeld);
  return { id, deliveries };
}

type Failing = Awaited<ReturnType<typeof failing>>;

const recover = ({ id }: Failing) =>
  doneJob(story().api, '/v1/deliveries/recover', { webhookId: id, since: anHourAgo() });

/** Each answers the events that are delivered by it. */
const BY_HAND: Record<string, (webhook: Failing) => Promise<string[]>> = {
  redelivery: async ({ deliveries: [delivery] }) => {
    const { body } = await story().api.post<{ eventId: string }>(
      `/v1/deliveries/${delivery?.id}/redeliver`,
    );
    return [body.eventId];
  },
  test: async ({ id }) => [
    (await story().api.post<{ id: string }>(`/v1/webhooks/${id}/test`)).body.id,
  ],
  recovery: async (webhook) => {
    await recover(webhook);
    return webhook.deliveries.map(({ eventId }) => eventId);
  },
  replay: async ({ id }) => {
    const eventId = await story().publish({}, 'user.deleted');
    await until('it is known that nobody asks for it', async () => {
      const { body } = await story().api.get<{ dispatched: boolean }>(
        `/v1/events/${eventId}/explain`,
      );
      return body.dispatched;
    });
    await story().api.patch(`/v1/webhooks/${id}`, { events: ['user.*'] });
    await doneJob(story().api, `/v1/webhooks/${id}/replay`, { eventIds: [eventId] });
    return [eventId];
  },
};

describe('a webhook that is held for its failures', () => {
  it.each(Object.entries(BY_HAND))(
    'is tried at once by a %s, and works again when its receiver was mended',
    async (_, send) => {
      const webhook = await failing();
      const waiting = await story().publish({ waits: true });
      up();
      const events = await send(webhook);
      await Promise.all(
        [...events, waiting].map((eventId) => story().settled(eventId, 'delivered')),
      );
      const { health } = await webhookWhen(story(), webhook.id, (shown) => !isHeld(shown));
      expect(health).toMatchObject({ heldUntil: null });
    },
  );

  it('is held for longer after one request by hand that fails, too, each time', async () => {
    const webhook = await failing();
    await recover(webhook);
    for (const failures of [FAILURES + 1, FAILURES + 2]) {
      const { health } = await webhookWhen(
        story(),
        webhook.id,
        (shown) => isHeld(shown) && shown.health.consecutiveFailures === failures,
      );
      const longer = HOLD_MS * 2 ** (failures - FAILURES);
      const held = Date.parse(health.heldUntil ?? '') - Date.now();
      expect(held).toBeGreaterThan(Math.min(longer, 3_600_000) * 0.79);
      expect(receiver().requests).toHaveLength(failures);
      await story().api.post(`/v1/webhooks/${webhook.id}/test`);
    }
  });
});

it('keeps the pause that a receiver asked for, whatever is sent by hand', async () => {
  receiver().answer({ status: 429, headers: { 'retry-after': '300' } });
  const { id } = await story().webhook(receiver().url);
  const delivery = await story().settled(await story().publish(), 'retrying');
  const { health } = await webhookWhen(story(), id, isHeld);
  await story().api.post(`/v1/deliveries/${delivery.id}/redeliver`);
  await story().api.post(`/v1/webhooks/${id}/test`);
  const after = await webhookWhen(story(), id, isHeld);
  expect(after.health).toEqual(health);
  expect(receiver().requests).toHaveLength(1);
});
