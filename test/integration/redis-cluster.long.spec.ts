import { RateLimitService } from '../../src/deliveries/queue/rate-limit.service.js';
import type { TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import type { ApiAndWorker } from './api-and-worker.fixture.js';
import { isWhole, RedisFarm, refusedOfFour } from './redis-modes.fixture.js';

let farm: RedisFarm;
let nodes: TestRedis[];
let both: ApiAndWorker;

beforeAll(async () => {
  farm = new RedisFarm();
  nodes = await farm.cluster(3);
});
afterAll(() => farm.end());

beforeEach(async () => {
  for (const node of nodes) await node.run('FLUSHALL');
  both = await farm.connect({ REDIS_URL: nodes[0]?.url ?? '', BUGLE_REDIS_MODE: 'cluster' });
});
afterEach(() => farm.disconnect());

/** The node that has the slot of all our keys, and another. */
async function ownerAndOther() {
  const slot = await slotOf('{bugle}');
  const owned = nodes.map(async (node) => {
    const count = await node.run('CLUSTER', 'COUNTKEYSINSLOT', slot);
    return { node, isOwner: Number(count) > 0 };
  });
  const found = await Promise.all(owned);
  const owner = found.find(({ isOwner }) => isOwner)?.node;
  const other = found.find(({ isOwner }) => !isOwner)?.node;
  if (!owner || !other) throw new Error('No node has our keys.');
  return { slot, owner, other };
}

async function slotOf(key: string): Promise<number> {
  return Number(await nodes[0]?.run('CLUSTER', 'KEYSLOT', key));
}

it('both hand-offs work, and all keys are in one slot', async () => {
  const announced = both.announce();
  for (const name of ['events', 'deliveries'] as const) {
    await until('it waits', async () => (await both.api.queue(name).waiting()) === 1);
  }
  await new RateLimitService(both.worker.connections).take('a', { requests: 2, seconds: 60 });
  const keys = await Promise.all(nodes.map((node) => node.run('KEYS', '*') as Promise<string[]>));
  const slots = new Set(await Promise.all(keys.flat().map(slotOf)));
  expect(keys.flat().length).toBeGreaterThan(5);
  expect(slots.size).toBe(1);
  both.work();
  await until('both have come', () => both.hasSeen(announced));
});

it('a slot that moves to another node while all run', async () => {
  both.work();
  await both.handOver();
  const { slot, owner, other } = await ownerAndOther();
  const [from, to] = [await owner.run('CLUSTER', 'MYID'), await other.run('CLUSTER', 'MYID')];
  await other.run('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(from));
  await other.run('CLUSTER', 'SETSLOT', slot, 'NODE', String(to));
  await owner.run('FLUSHALL');
  await owner.run('CLUSTER', 'SETSLOT', slot, 'NODE', String(to));
  await both.handOverAgain();
  expect(Number(await other.run('DBSIZE'))).toBeGreaterThan(0);
  expect(await both.worker.connections.state()).toBe('ok');
});

it('a node that ends and comes back: limits are counted here meanwhile, and readiness tells it', async () => {
  both.work();
  await both.handOver();
  const limits = [both.api, both.worker].map(
    ({ connections }) => new RateLimitService(connections),
  );
  expect(await refusedOfFour(limits, 'before')).toBe(2);

  const { owner } = await ownerAndOther();
  await owner.kill();
  expect(await both.api.connections.state()).toBe('unreachable');
  const begun = performance.now();
  expect(await refusedOfFour(limits, 'meanwhile')).toBe(0);
  expect(performance.now() - begun).toBeLessThan(1_400);
  both.announce();
  await until('the sweeps are told', () => both.outbox.nudges > 0);

  await owner.restart();
  await until('the cluster is whole', () => isWhole(nodes), 15_000);
  await both.areConnected();
  await both.handOverAgain();
  expect(await refusedOfFour(limits, 'after')).toBe(2);
});
