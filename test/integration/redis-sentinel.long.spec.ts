import { RateLimitService } from '../../src/deliveries/queue/rate-limit.service.js';
import type { TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { RedisFarm, refusedOfFour, SENTINEL_NAME } from './redis-modes.fixture.js';

let farm: RedisFarm;

beforeEach(() => {
  farm = new RedisFarm();
});
afterEach(() => farm.end());

/** What a process is told of sentinels. */
function settings(sentinels: readonly TestRedis[]): Record<string, string> {
  return {
    REDIS_URL: sentinels.map(({ url }) => url).join(','),
    BUGLE_REDIS_MODE: 'sentinel',
    BUGLE_REDIS_SENTINEL_NAME: SENTINEL_NAME,
  };
}

it('a master that dies: its replica takes over, and what was announced meanwhile is found', async () => {
  const { master, replica, sentinels } = await farm.sentinels();
  const both = await farm.connect(settings(sentinels));
  const sides = [both.api, both.worker];
  const limits = sides.map(({ connections }) => new RateLimitService(connections));
  both.work();
  await both.handOver();
  expect(await refusedOfFour(limits, 'before')).toBe(2);

  await master.kill();
  const lost = both.announce();
  await until('the sweeps are told', () => both.outbox.nudges > 0);
  expect(await both.api.connections.state()).toBe('unreachable');
  expect(await refusedOfFour(limits, 'meanwhile')).toBe(0);

  await until('the replica is a master', async () =>
    String(await replica.run('ROLE')).startsWith('master'),
  );
  await both.areConnected();
  await both.handOverAgain();
  expect(await refusedOfFour(limits, 'after')).toBe(2);
  both.sweep();
  await until('what was lost has come', () => both.seen.has(lost.eventId));
});

it('a master that comes back as a replica is not written to', async () => {
  const { master, replica, sentinels } = await farm.sentinels();
  const both = await farm.connect(settings(sentinels));
  both.work();
  await both.handOver();
  await sentinels[0]?.run('SENTINEL', 'FAILOVER', SENTINEL_NAME);
  await until('the replica is a master', async () =>
    String(await replica.run('ROLE')).startsWith('master'),
  );
  // What the sentinels do to it some seconds later, and without the clients' connections being cut.
  await master.run('REPLICAOF', '127.0.0.1', replica.port);
  await both.areConnected();
  await both.handOverAgain();
  expect(await both.api.connections.state()).toBe('ok');
});

it('a master that hangs: its replica takes over', async () => {
  const { master, sentinels } = await farm.sentinels();
  const both = await farm.connect(settings(sentinels));
  both.work();
  await both.handOver();
  master.pause();
  expect(await both.api.connections.state()).toBe('unreachable');
  await both.areConnected();
  await both.handOverAgain();
  expect(await both.worker.connections.state()).toBe('ok');
});

it('a sentinel that hangs is passed over', async () => {
  const master = await farm.start();
  const hanging = await farm.sentinelOf(master, 1);
  const other = await farm.sentinelOf(master, 2);
  hanging.pause();
  const both = await farm.connect(settings([hanging, other]));
  both.work();
  const announced = await both.handOver();
  expect(both.seen).toEqual(announced);
});
