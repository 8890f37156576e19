import { jest } from '@jest/globals';
import { KILL_POINTS, POSTGRES_FAULTS, PROCESS_FAULTS, WORKER_FAULTS } from './faults.fixture.js';
import { storm, STORM_MS } from './storm.fixture.js';

jest.setTimeout(STORM_MS);

it('an API process and two workers lose nothing in a storm of faults', async () => {
  const faults = [...KILL_POINTS, ...POSTGRES_FAULTS, ...PROCESS_FAULTS, ...WORKER_FAULTS];
  const roles = ['api', 'worker', 'worker'] as const;
  const atLength = 80;
  expect(await storm('an API process and two workers', { roles, atLength, faults })).toEqual([]);
});
