import { loadConfig } from '../../src/config/index.js';
import { RateLimitService } from '../../src/deliveries/queue/rate-limit.service.js';
import { createLogger } from '../../src/logger.js';
import { RedisConnections } from '../../src/redis/index.js';
import { TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';

const MINUTE = { requests: 2, seconds: 60 };

let redis: TestRedis;
const opened: RedisConnections[] = [];

beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(async () => {
  for (const connections of opened) connections.close();
  await redis.kill();
});

/** The limits as a worker of its own would count them. */
function worker(settings: Record<string, string> = {}): RateLimitService {
  const { logger } = createLogger('silent');
  const connections = new RedisConnections(loadConfig(settings, ''), logger);
  opened.push(connections);
  return new RateLimitService(connections);
}

/** A worker that has reached Redis. */
async function connected(): Promise<RateLimitService> {
  const service = worker({ REDIS_URL: redis.url });
  const connections = opened.at(-1);
  await until('Redis is connected', async () => (await connections?.state()) === 'ok');
  return service;
}

it('without Redis a limit is counted in this process, for each webhook by itself', async () => {
  const limits = worker();
  expect([await limits.take('a', MINUTE), await limits.take('a', MINUTE)]).toEqual([0, 0]);
  const waitMs = await limits.take('a', MINUTE);
  expect(waitMs).toBeGreaterThan(50_000);
  expect(waitMs).toBeLessThanOrEqual(60_000);
  expect(await limits.take('b', MINUTE)).toBe(0);
});

it('counts anew when a limit was edited', async () => {
  const limits = worker();
  for (let times = 0; times < 3; times++) await limits.take('a', MINUTE);
  expect(await limits.take('a', { requests: 3, seconds: 60 })).toBe(0);
});

it('with Redis all workers count together, and without it each goes on by itself', async () => {
  const [one, other] = [await connected(), await connected()];
  expect([await one.take('a', MINUTE), await other.take('a', MINUTE)]).toEqual([0, 0]);
  expect(await one.take('a', MINUTE)).toBeGreaterThan(0);
  expect(await other.take('a', MINUTE)).toBeGreaterThan(0);
  await redis.kill();
  expect([await one.take('a', MINUTE), await one.take('a', MINUTE)]).toEqual([0, 0]);
  expect(await one.take('a', MINUTE)).toBeGreaterThan(0);
});
