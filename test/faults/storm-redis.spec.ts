import { jest } from '@jest/globals';
import { TestRedis } from '../support/redis.js';
import { KILL_POINTS, PROCESS_FAULTS, REDIS_FAULTS, WORKER_FAULTS } from './faults.fixture.js';
import { storm, STORM_MS } from './storm.fixture.js';

jest.setTimeout(STORM_MS);

it('with Redis between them, an API process and two workers lose nothing when it fails, or they do', async () => {
  const redis = await TestRedis.start();
  const roles = ['api', 'worker', 'worker'] as const;
  const faults = [
    ...REDIS_FAULTS,
    ...REDIS_FAULTS,
    ...KILL_POINTS,
    ...PROCESS_FAULTS,
    ...WORKER_FAULTS,
  ];
  const atLength = 85;
  expect(await storm('over Redis', { roles, atLength, faults, redis })).toEqual([]);
});
