import { jest } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { TestRedis } from '../support/redis.js';
import { Company, PATIENCE_MS } from './redis.fixture.js';

jest.setTimeout(120_000);

/** How long Redis hangs, in milliseconds: longer than any time-out of a connection to it. */
const HANGS_MS = 10_000;

it('goes on while Redis hangs, uses it again afterwards, and stops while it hangs', async () => {
  const redis = await TestRedis.start();
  const company = await Company.start(redis);
  await company.redisIs('ok');
  const slowest = await company.publishesWhile(async () => {
    redis.pause();
    const over = pause(HANGS_MS);
    await company.redisIs('unreachable');
    expect(await company.readiness()).toMatchObject({ httpStatus: 200 });
    await over;
    redis.resume();
  });
  expect(slowest).toBeLessThan(PATIENCE_MS);
  await company.lag();
  expect(await company.lag()).toBeLessThan(500);

  redis.pause();
  await company.stop();
  redis.resume();
  await redis.kill();
});
