import { once } from 'node:events';
import { newId } from '../../src/database/index.js';
import type { DeliveryHandoff } from '../../src/deliveries/delivery-handoff.js';
import type { StoredEvent } from '../../src/event-bus/event.js';
import type { EventHandoff } from '../../src/event-bus/event-handoff.js';
import { processorTime } from '../support/processor-time.js';
import { TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { type Ends, inProcess, looking, Outbox, RedisSide } from './handoff.fixture.js';

let redis: TestRedis;

beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.kill());

/** What both hand-offs promise, whatever they go over. */
describe.each(['within a process', 'over Redis'])('%s', (way) => {
  let outbox: Outbox;
  let events: Ends<EventHandoff>;
  let deliveries: Ends<DeliveryHandoff>;
  let sides: RedisSide[];

  beforeEach(async () => {
    outbox = new Outbox();
    sides = [];
    if (way === 'within a process') {
      ({ events, deliveries } = inProcess(outbox));
      return;
    }
    await redis.run('FLUSHALL');
    const [api, worker] = await Promise.all([openSide(), openSide()]);
    events = { announcing: api.events(outbox), working: worker.events(outbox) };
    deliveries = { announcing: api.deliveries(), working: worker.deliveries() };
  });
  afterEach(async () => {
    const ends = [events.working, events.announcing, deliveries.working, deliveries.announcing];
    await Promise.all(ends.map((end) => end.close()));
    for (const side of sides) side.close();
  });

  async function openSide(): Promise<RedisSide> {
    const side = await RedisSide.open({ REDIS_URL: redis.url });
    sides.push(side);
    await until('Redis is connected', async () => (await side.connections.state()) === 'ok');
    return side;
  }

  describe('the hand-off of events', () => {
    it('brings each event of a workspace once, in the order in which they were announced', async () => {
      const seen: string[] = [];
      events.working.consume((_, chunk) => note(seen, chunk));
      const workspaceId = newId();
      const stored = outbox.store(workspaceId, 500);
      for (const event of stored) events.announcing.announce([event]);
      await until('all have come', () => seen.length >= stored.length);
      expect(seen).toEqual(stored.map(({ id }) => id));
    });

    it('brings chunks of one workspace each', async () => {
      const seen: string[] = [];
      const mixed: string[] = [];
      const workspaces = [newId(), newId(), newId()];
      events.working.consume((workspaceId, chunk) => {
        mixed.push(...chunk.filter((e) => e.workspaceId !== workspaceId).map(({ id }) => id));
        return note(seen, chunk);
      });
      const stored = workspaces.flatMap((workspaceId) => outbox.store(workspaceId, 50));
      events.announcing.announce(stored);
      await until('all have come', () => seen.length >= stored.length);
      expect(new Set(seen)).toEqual(new Set(stored.map(({ id }) => id)));
      expect(mixed).toEqual([]);
    });

    it('does not let a workspace wait for another whose events take long', async () => {
      const [slow, quick] = [newId(), newId()];
      const seen: string[] = [];
      const end = new AbortController();
      events.working.consume(async (workspaceId, chunk) => {
        if (workspaceId === slow && !end.signal.aborted) await once(end.signal, 'abort');
        await note(seen, chunk);
      });
      events.announcing.announce(outbox.store(slow, 2_000));
      const [event] = outbox.store(quick, 1);
      if (event) events.announcing.announce([event]);
      await until('the quick one has come', () => seen.length > 0);
      expect(seen).toEqual([event?.id]);
      end.abort();
    });

    it('takes an event again after its handler has failed', async () => {
      const seen: string[] = [];
      events.working.consume((_, chunk) => {
        void note(seen, chunk);
        return Promise.reject(new Error('the database is away'));
      });
      const stored = outbox.store(newId(), 1);
      events.announcing.announce(stored);
      await until('it has come', () => seen.length === 1);
      events.announcing.announce(stored);
      await until('it has come again', () => seen.length === 2);
      expect(seen).toEqual([stored[0]?.id, stored[0]?.id]);
    });

    it('takes no longer to announce when nobody works', () => {
      const stored = outbox.store(newId(), 50_000);
      const { ms } = processorTime(() => {
        for (let at = 0; at < stored.length; at += 500) {
          events.announcing.announce(stored.slice(at, at + 500));
        }
      });
      expect(ms).toBeLessThan(1_000);
    });

    it('resolves its close when what is under way has ended, and brings nothing after it', async () => {
      const begun: string[] = [];
      const ended: string[] = [];
      events.working.consume(async (_, chunk) => {
        await note(begun, chunk);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await note(ended, chunk);
      });
      events.announcing.announce(outbox.store(newId(), 1_000));
      await until('something is under way', () => begun.length > 0);
      await events.working.close();
      expect(ended).toEqual(begun);
      const afterwards = begun.length;
      events.announcing.announce(outbox.store(newId(), 1));
      await events.announcing.close();
      expect(begun).toHaveLength(afterwards);
    });
  });

  describe('the hand-off of deliveries', () => {
    it('makes the one who works look for what was announced', async () => {
      const seen = new Set<string>();
      deliveries.working.consume(looking((ids) => ids.forEach((id) => seen.add(id))));
      const webhooks = Array.from({ length: 1_200 }, () => newId());
      for (const id of webhooks) deliveries.announcing.announce([id]);
      await until('all have come', () => seen.size >= webhooks.length);
      expect(seen).toEqual(new Set(webhooks));
    });

    it('makes this process look at once, if it works', () => {
      const seen: string[] = [];
      deliveries.working.consume(looking((ids) => seen.push(...ids)));
      const webhook = newId();
      deliveries.working.announce([webhook]);
      expect(seen).toEqual([webhook]);
    });

    it('tells nobody when there is nothing', async () => {
      const calls: (readonly string[])[] = [];
      deliveries.working.consume(looking((ids) => calls.push(ids)));
      deliveries.announcing.announce([]);
      const webhook = newId();
      deliveries.announcing.announce([webhook]);
      await until('the webhook has come', () => calls.length > 0);
      expect(calls).toEqual([[webhook]]);
    });
  });
});

function note(seen: string[], chunk: readonly StoredEvent[]): Promise<void> {
  seen.push(...chunk.map(({ id }) => id));
  return Promise.resolve();
}
