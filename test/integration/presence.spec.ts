import { DatabaseSession } from '../../src/database/index.js';
import { lockSpaceOf, PresenceService } from '../../src/deliveries/queue/presence.service.js';
import { createLogger } from '../../src/logger.js';
import { MINUTE, useQueue } from './queue.fixture.js';

const { storage, queued, inQueue, attempts, take } = useQueue();

/** A worker of this schema whose session has no connection just now. */
function disconnected(): PresenceService {
  const session = new DatabaseSession({}, 'bugle', createLogger('silent').logger);
  return new PresenceService(storage().upkeep, session);
}

/** A delivery that this worker holds. */
async function heldBy(holder: number): Promise<string> {
  const { first, wanted } = await queued(1);
  await take(wanted(), { holder, leaseMs: MINUTE });
  return first.id;
}

const isDue = async (id: string) => (await inQueue(id))[0]?.due;

/** Takes the lock by which a worker of a schema shows that it lives; ends it by what is answered. */
async function living(holder: number, schema = 'bugle'): Promise<() => Promise<void>> {
  const runner = storage().dataSource.createQueryRunner();
  const keys = [lockSpaceOf(schema), holder];
  await runner.query('SELECT pg_advisory_lock_shared($1, $2)', keys);
  return async () => {
    await runner.query('SELECT pg_advisory_unlock_shared($1, $2)', keys);
    await runner.release();
  };
}

// Whatever a test holds is released by the last of its looks: each begins with a clean queue.
afterEach(() => storage().dataSource.query('UPDATE delivery_queue SET due_at = now()'));

it('the first look of a process releases at once what a killed one has left', async () => {
  const [dead, alive] = [await heldBy(901), await heldBy(902)];
  const die = await living(902);
  expect(await disconnected().releaseOfDead()).toBe(1);
  await die();
  expect([await isDue(dead), await isDue(alive)]).toEqual([true, false]);
  expect(await attempts(dead)).toEqual([]);
});

it('later on, who has no lock at two looks in a row is dead', async () => {
  const presence = disconnected();
  await presence.releaseOfDead();
  const delivery = await heldBy(903);
  expect(await presence.releaseOfDead()).toBe(0);
  expect(await isDue(delivery)).toBe(false);
  expect(await presence.releaseOfDead()).toBe(1);
  expect(await isDue(delivery)).toBe(true);
});

it('a worker that reconnects between two looks is not dead, however often', async () => {
  const presence = disconnected();
  await presence.releaseOfDead();
  const delivery = await heldBy(904);
  for (let times = 0; times < 2; times++) {
    expect(await presence.releaseOfDead()).toBe(0);
    const die = await living(904);
    expect(await presence.releaseOfDead()).toBe(0);
    await die();
  }
  expect(await isDue(delivery)).toBe(false);
});

it('a worker never takes itself for dead', async () => {
  const presence = disconnected();
  const delivery = await heldBy(await presence.appear());
  for (let look = 0; look < 3; look++) expect(await presence.releaseOfDead()).toBe(0);
  expect(await isDue(delivery)).toBe(false);
});

it('a worker of another schema in the same database does not count as ours', async () => {
  const delivery = await heldBy(905);
  const die = await living(905, 'another');
  expect(await disconnected().releaseOfDead()).toBe(1);
  await die();
  expect(await isDue(delivery)).toBe(true);
});
