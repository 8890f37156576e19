import { until } from '../support/until.js';
import {
  eventOf,
  eventsOf,
  isHeld,
  tripped,
  useOutages,
  webhookWhen,
} from './webhook-health.fixture.js';

const { server, receiver, alarms, story, down, up } = useOutages();

/** A webhook whose deliveries are held, and so many events that wait for it. */
async function failing(count: number) {
  down();
  const { id } = await story().webhook(`${receiver().url}?token=s3cret`);
  const waiting = Array.from({ length: count }, (_, n) => story().publish({ n }));
  const events = await Promise.all(waiting);
  await webhookWhen(story(), id, isHeld);
  return {
    id,
    delivered: () => Promise.all(events.map((one) => story().settled(one, 'delivered'))),
  };
}

describe('a webhook that works again', () => {
  it('is told of once, by however many workers, when it was told of as failing', async () => {
    const second = await server().join();
    try {
      await story().webhook(alarms().url, { events: ['webhook.recovered'] });
      const { id, delivered } = await failing(8);
      const told = await eventOf(story(), 'webhook.failing');
      await tripped(server(), id, 2);
      up();
      await delivered();
      const { id: recoveredId, data } = await eventOf(story(), 'webhook.recovered');
      expect(data).toEqual({
        webhook: told.data.webhook,
        failures: expect.any(Number),
        failingSince: told.data.failingSince,
        recoveredAt: expect.stringMatching(/Z$/),
      });
      const failed = receiver().requests.length - 8;
      // What came in together with a success is as good as that.
      expect(data.failures).toBeLessThanOrEqual(failed);
      expect(data.failures).toBeGreaterThanOrEqual(Number(told.data.failures));
      expect(JSON.stringify(data)).not.toContain('s3cret');
      await story().settled(recoveredId, 'delivered');
      await story().settled(await story().publish(), 'delivered');
      expect(await eventsOf(story(), 'webhook.recovered')).toHaveLength(1);
    } finally {
      await second.stop();
    }
  });

  it('is told of again after the next run of failures', async () => {
    const { id, delivered } = await failing(1);
    up();
    await delivered();
    await eventOf(story(), 'webhook.recovered');
    down();
    const again = await story().publish();
    await webhookWhen(story(), id, isHeld);
    up();
    await story().settled(again, 'delivered');
    await until('it was told of twice', async () => {
      return (await eventsOf(story(), 'webhook.recovered')).length === 2;
    });
    expect(await eventsOf(story(), 'webhook.failing')).toHaveLength(2);
  });

  it('is told of after an admin has corrected it, too', async () => {
    const { id, delivered } = await failing(2);
    const { data: told } = await eventOf(story(), 'webhook.failing');
    const path = `/v1/webhooks/${id}`;
    await story().api.patch(path, { enabled: false });
    up();
    const { body } = await story().api.patch<object>(path, { enabled: true });
    expect(body).toMatchObject({ health: { state: 'healthy', failingSince: null } });
    await delivered();
    const { data } = await eventOf(story(), 'webhook.recovered');
    const { webhook, failingSince } = told;
    expect(data).toMatchObject({ webhook, failingSince });
    expect(data.failures).toBeGreaterThanOrEqual(Number(told.failures));
  });

  it('is not told of when nobody was told that it fails', async () => {
    receiver().answer((_, index) => ({ status: index === 0 ? 500 : 200 }));
    await story().webhook(receiver().url, { events: ['user.deleted'] });
    await story().settled(await story().publish({}, 'user.deleted'), 'delivered', 2);
    // What comes later is told of.
    const { id, delivered } = await failing(1);
    up();
    await delivered();
    const { data } = await eventOf(story(), 'webhook.recovered');
    expect(data).toMatchObject({ webhook: { id } });
  });
});

describe('a webhook that was held for deliveries of which nothing is told', () => {
  it('is told of as failing with the first failure that may be told', async () => {
    down();
    alarms().answer({ status: 410 });
    await story().webhook(alarms().url);
    const { id } = await story().webhook(receiver().url, {
      events: ['webhook.disabled', 'user.deleted'],
    });
    await story().publish();
    await webhookWhen(story(), id, isHeld);
    expect(await eventsOf(story(), 'webhook.failing')).toEqual([]);
    // What tells of the other one is out of the way: the next probe is what comes now.
    await server().query('DELETE FROM delivery_queue WHERE webhook_id = $1', [id]);
    const eventId = await story().publish({}, 'user.deleted');
    expect((await eventOf(story(), 'webhook.failing')).data).toMatchObject({
      webhook: { id },
      delivery: { eventId },
    });
  });
});
