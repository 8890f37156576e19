import { until } from '../support/until.js';
import {
  eventOf,
  eventsOf,
  FAILURES,
  isHeld,
  tripped,
  useOutages,
  webhookWhen,
} from './webhook-health.fixture.js';

const { server, receiver, alarms, story, down, up } = useOutages();

const alarmed = (...events: string[]) => story().webhook(alarms().url, { events });
const isHealthy = ({ health }: { health: { state: string } }) => health.state === 'healthy';

/** Makes a run of failures look as long as that. */
const failingFor = (webhookId: string, hours: number) =>
  server().query(
    `UPDATE webhook_health SET failing_since = now() - $2 * interval '1 hour' WHERE webhook_id = $1`,
    [webhookId, hours],
  );

describe('a webhook that fails many times in a row', () => {
  it('is held, probed by one request at a time, and goes on when it answers again', async () => {
    down();
    const { id } = await story().webhook(receiver().url);
    const events = await Promise.all(Array.from({ length: 8 }, (_, n) => story().publish({ n })));
    const held = await webhookWhen(story(), id, isHeld);
    expect(held.health.consecutiveFailures).toBeGreaterThanOrEqual(FAILURES);
    expect(Date.parse(held.health.heldUntil ?? '')).toBeGreaterThan(
      Date.parse(held.health.failingSince ?? ''),
    );

    await tripped(server(), id, 2);
    const { health } = await webhookWhen(story(), id, isHeld);
    const before = receiver().requests.length;
    await tripped(server(), id, 3);
    const probes = receiver().requests.slice(before);
    // The next in line may go as soon as the probe was answered, before that is written down.
    expect(probes.length).toBeLessThanOrEqual(3);
    for (const { receivedAt } of probes) {
      expect(receivedAt).toBeGreaterThanOrEqual(Date.parse(health.heldUntil ?? ''));
    }

    up();
    await Promise.all(events.map((eventId) => story().settled(eventId, 'delivered')));
    const { health: after } = await webhookWhen(story(), id, isHealthy);
    expect(after).toEqual({
      state: 'healthy',
      failingSince: null,
      heldUntil: null,
      consecutiveFailures: 0,
    });
  });

  it('is told of once, to whoever subscribes to webhook.failing', async () => {
    down();
    await alarmed('webhook.failing');
    const { id } = await story().webhook(`${receiver().url}?token=s3cret`, {
      headers: { authorization: 's3cret' },
    });
    const eventId = await story().publish();
    const { id: failingId, data } = await eventOf(story(), 'webhook.failing');
    expect(data).toMatchObject({
      webhook: { id, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/…$/) },
      delivery: { eventId, eventType: 'user.created', automationId: null },
      lastError: { code: 'rejected', statusCode: 500 },
      failures: FAILURES,
      failingSince: expect.stringMatching(/Z$/),
      heldUntil: expect.stringMatching(/Z$/),
    });
    expect(JSON.stringify(data)).not.toContain('s3cret');
    await story().settled(failingId, 'delivered');
    await receiver().received(FAILURES + 2);
    expect(await eventsOf(story(), 'webhook.failing')).toHaveLength(1);
  });

  it('is held and told of also when it says 503 with a time to come again, and each hold is longer', async () => {
    receiver().answer({ status: 503, headers: { 'retry-after': '1' } });
    const { id } = await story().webhook(receiver().url);
    await Promise.all(Array.from({ length: FAILURES }, (_, n) => story().publish({ n })));
    await tripped(server(), id, 2);
    expect((await eventOf(story(), 'webhook.failing')).data).toMatchObject({ webhook: { id } });
  });

  it('is not held while it only says that we come too often', async () => {
    receiver().answer({ status: 429 });
    const { id } = await story().webhook(receiver().url);
    await Promise.all(Array.from({ length: 2 * FAILURES }, (_, n) => story().publish({ n })));
    const { health } = await webhookWhen(
      story(),
      id,
      (webhook) => webhook.health.consecutiveFailures > 2 * FAILURES,
    );
    expect(health.state).toBe('failing');
    expect(await eventsOf(story(), 'webhook.failing')).toEqual([]);
  });

  it('is not held when another one fails at the same receiver', async () => {
    receiver().answer(({ url }) => ({ status: url.includes('bad') ? 500 : 200 }));
    const bad = await story().webhook(`${receiver().url}?bad`);
    await story().publish();
    await webhookWhen(story(), bad.id, isHeld);
    const good = await story().webhook(receiver().url, { events: ['user.deleted'] });
    await story().settled(await story().publish({}, 'user.deleted'), 'delivered', 1);
    const { health } = await webhookWhen(story(), good.id, isHealthy);
    expect(health.heldUntil).toBeNull();
  });

  it('is tried at once when it was corrected', async () => {
    down();
    const { id } = await story().webhook(receiver().url);
    const eventId = await story().publish();
    await webhookWhen(story(), id, isHeld);
    await server().query(
      `UPDATE webhook_health SET held_until = now() + interval '1 hour' WHERE webhook_id = $1`,
      [id],
    );
    await story().api.patch(`/v1/webhooks/${id}`, { url: alarms().url });
    await story().settled(eventId, 'delivered');
    expect(alarms().requests).toHaveLength(1);
  });

  it('says nothing of deliveries that told of such a thing themselves', async () => {
    down();
    const deaf = await story().webhook(receiver().url, {
      events: ['webhook.failing', 'delivery.exhausted'],
      retryPolicy: { schedule: [] },
    });
    await story().webhook(receiver().url, { retryPolicy: { schedule: [] } });
    for (let n = 0; n < FAILURES; n++) await story().publish({ n });
    await until('all that was told is given up', async () => {
      const deliveries = await story().deliveries({ webhookId: deaf.id });
      return (
        deliveries.length > FAILURES && deliveries.every(({ status }) => status === 'exhausted')
      );
    });
    const told = [
      ...(await eventsOf(story(), 'webhook.failing')),
      ...(await eventsOf(story(), 'delivery.exhausted')),
    ];
    expect(told).toHaveLength(FAILURES + 1);
    expect(told.map(({ data }) => data.delivery)).toEqual(
      told.map(() => expect.objectContaining({ eventType: 'user.created' })),
    );
  });
});

describe('a receiver that asks for a pause', () => {
  it.each([429, 503])(
    'with %d and Retry-After is left alone by all deliveries of the webhook',
    async (status) => {
      receiver().answer((_, index) =>
        index === 0 ? { status, headers: { 'retry-after': '1' } } : { status: 200 },
      );
      const { id } = await story().webhook(receiver().url);
      const first = await story().publish({ n: 1 });
      const { health } = await webhookWhen(story(), id, isHeld);
      expect(health.consecutiveFailures).toBe(1);
      const second = await story().publish({ n: 2 });
      await Promise.all([first, second].map((eventId) => story().settled(eventId, 'delivered')));
      const [asked, ...others] = receiver().requests;
      for (const { receivedAt } of others) {
        expect(receivedAt - (asked?.receivedAt ?? 0)).toBeGreaterThanOrEqual(950);
      }
      expect(await eventsOf(story(), 'webhook.failing')).toEqual([]);
    },
  );

  it('is waited for ten minutes at most by the other deliveries', async () => {
    receiver().answer({ status: 429, headers: { 'retry-after': '86400' } });
    const { id } = await story().webhook(receiver().url);
    await story().publish();
    const { health } = await webhookWhen(story(), id, isHeld);
    const seconds = (Date.parse(health.heldUntil ?? '') - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(500);
    expect(seconds).toBeLessThanOrEqual(602);
  });
});

describe('a receiver that does nothing but ask for less', () => {
  it('is never held, and is tried again and again without waiting for a lease', async () => {
    receiver().answer({ status: 429 });
    const { id } = await story().webhook(receiver().url);
    const events = await Promise.all(Array.from({ length: 8 }, (_, n) => story().publish({ n })));
    const requestsOfFive = 5 * events.length;
    await until(
      'all attempts but the last were made',
      () => receiver().requests.length >= requestsOfFive,
    );
    const health = await webhookWhen(
      story(),
      id,
      (webhook) => webhook.health.consecutiveFailures >= requestsOfFive,
    );
    expect(health).toMatchObject({ enabled: true, health: { heldUntil: null } });
    expect(await eventsOf(story(), 'webhook.failing')).toEqual([]);
  });
});

describe('a delivery that is given up', () => {
  it('is told of together with its end', async () => {
    down();
    await alarmed('delivery.exhausted');
    const { id } = await story().webhook(receiver().url, { retryPolicy: { schedule: [0.05] } });
    const eventId = await story().publish();
    const delivery = await story().settled(eventId, 'exhausted', 2);
    const event = await eventOf(story(), 'delivery.exhausted');
    expect(event.data).toMatchObject({
      webhook: { id },
      delivery: { id: delivery.id, eventId, eventType: 'user.created', attempts: 2 },
      lastError: { code: 'rejected', statusCode: 500 },
    });
    await story().settled(event.id, 'delivered');
  });

  it('is one of few in an outage, however many wait', async () => {
    down();
    const { id } = await story().webhook(receiver().url, { retryPolicy: { schedule: [] } });
    await Promise.all(Array.from({ length: 150 }, (_, n) => story().publish({ n })));
    await tripped(server(), id, 2);
    const [row] = await server().query<{ waiting: number }>(
      'SELECT count(*)::integer AS waiting FROM delivery_queue WHERE webhook_id = $1',
      [id],
    );
    expect(row?.waiting).toBeGreaterThan(100);
  });

  it('is not told of when it was delivered, and again when it is given up again', async () => {
    await story().webhook(receiver().url, { retryPolicy: { schedule: [] } });
    down();
    const eventId = await story().publish();
    const { id } = await story().settled(eventId, 'exhausted');
    await story().api.post(`/v1/deliveries/${id}/redeliver`);
    await until(
      'it was given up twice',
      async () => (await eventsOf(story(), 'delivery.exhausted')).length === 2,
    );
    up();
    await story().api.post(`/v1/deliveries/${id}/redeliver`);
    await story().settled(eventId, 'delivered');
    expect(await eventsOf(story(), 'delivery.exhausted')).toHaveLength(2);
  });
});

describe('a webhook that has done nothing but fail', () => {
  it('for 120 hours is disabled, told of, and keeps what waits until it is enabled', async () => {
    down();
    await alarmed('webhook.disabled');
    const { id } = await story().webhook(receiver().url, {
      retryPolicy: { schedule: [0.2, 0.2, 0.2, 0.2, 0.2, 0.2] },
    });
    const first = await story().publish({ n: 1 });
    await webhookWhen(story(), id, ({ health }) => health.state !== 'healthy');
    await failingFor(id, 121);
    const disabled = await webhookWhen(story(), id, ({ enabled }) => !enabled);
    expect(disabled).toMatchObject({ disabledReason: 'failing', health: { state: 'disabled' } });
    const event = await eventOf(story(), 'webhook.disabled');
    expect(event.data).toMatchObject({
      webhook: { id },
      reason: 'failing',
      lastError: { code: 'rejected' },
    });
    await story().settled(event.id, 'delivered');

    up();
    const path = `/v1/webhooks/${id}`;
    const enabled = await story().api.patch(path, { enabled: true });
    expect(enabled.body).toMatchObject({ disabledReason: null, health: { state: 'healthy' } });
    await story().settled(first, 'delivered');
  });

  it('is told of after a 410, too', async () => {
    receiver().answer({ status: 410 });
    await alarmed('webhook.disabled');
    const { id } = await story().webhook(receiver().url);
    await story().settled(await story().publish(), 'exhausted');
    const { data } = await eventOf(story(), 'webhook.disabled');
    expect(data).toMatchObject({
      webhook: { id },
      reason: 'gone',
      failures: 1,
      lastError: { code: 'rejected', statusCode: 410 },
    });
  });
});
