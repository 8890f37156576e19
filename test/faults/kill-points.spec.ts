import { jest } from '@jest/globals';
import { inflictAll, KILL_POINTS } from './faults.fixture.js';
import type { Role } from './fleet.fixture.js';
import { Scene } from './scene.fixture.js';
import { verdictOf } from './verdict.fixture.js';

jest.setTimeout(400_000);

describe('when a process is killed between two steps, nothing is lost', () => {
  it.each<[string, Role[]]>([
    ['one process for everything', ['all']],
    ['an API process and two workers', ['api', 'worker', 'worker']],
  ])('%s', async (name, roles) => {
    const scene = await Scene.set(name, roles, { seed: 1 });
    try {
      await inflictAll(scene, KILL_POINTS);
      expect(await verdictOf(scene)).toEqual([]);
    } finally {
      await scene.strike();
    }
  });
});
