import { jest } from '@jest/globals';
import { KILL_POINTS, POSTGRES_FAULTS, PROCESS_FAULTS } from './faults.fixture.js';
import { storm, STORM_MS } from './storm.fixture.js';

jest.setTimeout(STORM_MS);

it('one process for everything loses nothing in a storm of faults', async () => {
  const faults = [...KILL_POINTS, ...POSTGRES_FAULTS, ...PROCESS_FAULTS];
  const roles = ['all'] as const;
  const atLength = 40;
  expect(await storm('a single process', { roles, atLength, faults })).toEqual([]);
});
