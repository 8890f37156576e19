import { jest } from '@jest/globals';
import { TestRedis } from '../support/redis.js';
import { Company } from './redis.fixture.js';

jest.setTimeout(120_000);

it('starts, works and stops while Redis is away, and uses it as soon as it is there', async () => {
  const redis = await TestRedis.stopped();
  const company = await Company.start(redis);
  expect(await company.readiness()).toEqual({
    status: 'ok',
    redis: 'unreachable',
    httpStatus: 200,
  });
  const publishing = company.publishing();
  await publishing.more(50);
  await company.delivered(await publishing.end());
  expect(company.api.stdout.match(/redis\.away/g)).toHaveLength(1);

  await redis.restart();
  await company.redisIs('ok');
  const again = company.publishing();
  await again.more(50);
  await company.delivered(await again.end());
  expect(await redis.run('GET', '{bugle}:events:id')).not.toBeNull();

  await redis.kill();
  await company.redisIs('unreachable');
  await company.stop();
});
