import { jest } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { TestRedis } from '../support/redis.js';
import { Company, PATIENCE_MS } from './redis.fixture.js';

jest.setTimeout(120_000);

let redis: TestRedis;
let company: Company;

beforeAll(async () => {
  redis = await TestRedis.start();
  company = await Company.start(redis);
  await company.redisIs('ok');
});
afterAll(() => redis.kill());

it('goes on when Redis is killed and started again, empty', async () => {
  const slowest = await company.publishesWhile(async () => {
    await redis.kill();
    await pause(1_000);
    await redis.restart();
  });
  expect(slowest).toBeLessThan(PATIENCE_MS);
});

it('goes on when Redis forgets everything', async () => {
  const slowest = await company.publishesWhile(async () => {
    for (let n = 0; n < 20; n++) await redis.run('FLUSHALL');
  });
  expect(slowest).toBeLessThan(PATIENCE_MS);
});

it('goes on when Redis has no memory left, and says so', async () => {
  const slowest = await company.publishesWhile(async () => {
    await redis.run('CONFIG', 'SET', 'maxmemory', 1);
    await company.redisIs('refusing');
    await pause(1_000);
    await redis.run('CONFIG', 'SET', 'maxmemory', 0);
  });
  expect(slowest).toBeLessThan(PATIENCE_MS);
});

it('goes on when Redis is slow', async () => {
  const slowest = await company.publishesWhile(async () => {
    for (let n = 0; n < 5; n++) {
      await redis.run('CLIENT', 'PAUSE', 300, 'ALL');
      await pause(400);
    }
  });
  expect(slowest).toBeLessThan(PATIENCE_MS);
});

it('goes through Redis again, in milliseconds', async () => {
  await company.lag();
  expect(await company.lag()).toBeLessThan(500);
  expect(Number(await redis.run('GET', '{bugle}:events:id'))).toBeGreaterThan(0);
  expect(await redis.run('LLEN', '{bugle}:events:wait')).toBe(0);
  await company.stop();
});
