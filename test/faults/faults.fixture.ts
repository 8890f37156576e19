import { setTimeout as pause } from 'node:timers/promises';
import type { Ending } from '../support/own-postgres.js';
import { oneOf } from '../support/random.js';
import type { TestRedis } from '../support/redis.js';
import type { Member } from './fleet.fixture.js';
import { LEASE_MS, type Scene } from './scene.fixture.js';

/** Does something bad to a scene, and undoes what does not mend by itself. */
export interface Fault {
  /** Completes the sentence "what was done". */
  name: string;
  inflict: (scene: Scene) => Promise<void>;
}

/** Suites that were asked for at length (npm run test:faults -- --long). */
export const isLong = process.env.BUGLE_TEST_FAULTS === 'long';

const HOUR_MS = 3_600_000;
/** How long PostgreSQL or Redis hangs, and how long PostgreSQL is away. */
const HANGS_MS = isLong ? 10_000 : 2_000;
const AWAY_MS = isLong ? 4_000 : 1_000;
/** A process dies at the nth passing of a seam, up to this: it comes soon, whatever the load. */
const SOON = 8;

/** The channels of src/seams.ts. Only the first one is passed by a process that takes events and sends nothing. */
const [STORED, ...OF_WORKERS] = [
  'bugle:events.stored',
  'bugle:deliveries.stored',
  'bugle:attempt.sending',
  'bugle:attempt.sent',
  'bugle:attempts.settling',
  'bugle:attempts.settled',
] as const;
type Seam = typeof STORED | (typeof OF_WORKERS)[number];

/** Whatever a worker holds when it dies may have been sent; the table knows what it held. */
async function kill(scene: Scene, member: Member): Promise<void> {
  await member.end('SIGKILL');
  scene.allowed += await scene.held();
}

function killAt(seam: Seam): Fault {
  const inflict = async (scene: Scene): Promise<void> => {
    const { takers, workers } = scene.cast.fleet;
    const process = await oneOf(seam === STORED ? takers : workers, scene.cast.random).running();
    process.tell({ dieAt: seam, passing: 1 + Math.floor(scene.cast.random() * SOON) });
    await process.exit;
    scene.allowed += await scene.held();
  };
  return { name: `kill -9 at ${seam}`, inflict };
}

/** PostgreSQL ends in this way, is away for a while, and comes back. */
function away(name: string, signal: Ending): Fault {
  const inflict = async (scene: Scene): Promise<void> => {
    scene.allowed += await scene.held();
    await scene.cast.postgres.end(signal);
    await pause(AWAY_MS * scene.cast.random());
    await scene.cast.postgres.start();
  };
  return { name, inflict };
}

/** The clock of one process is an hour wrong from now on, and stays so until the process ends. */
function stepClock(name: string, clockAheadMs: number): Fault {
  const inflict = async (scene: Scene): Promise<void> => {
    const process = await oneOf(scene.cast.fleet.members, scene.cast.random).running();
    process.tell({ clockAheadMs });
  };
  return { name, inflict };
}

export const KILL_POINTS: readonly Fault[] = [STORED, ...OF_WORKERS].map(killAt);

export const POSTGRES_FAULTS: readonly Fault[] = [
  {
    name: 'kill -9 of one of its processes',
    inflict: async (scene) => {
      scene.allowed += await scene.held();
      await scene.cast.postgres.killBackend();
    },
  },
  away('restart of PostgreSQL', 'SIGINT'),
  away('immediate restart of PostgreSQL', 'SIGQUIT'),
  away('kill -9 of PostgreSQL', 'SIGKILL'),
  {
    name: 'SIGSTOP of PostgreSQL',
    inflict: async (scene) => {
      scene.allowed += await scene.held();
      const goOn = await scene.cast.postgres.pause();
      await pause(HANGS_MS);
      goOn();
    },
  },
];

/** Redis fails in this way, and is well again when an event that was published meanwhile has arrived. */
function redisFault(
  name: string,
  fail: (redis: TestRedis) => Promise<unknown>,
  mend: (redis: TestRedis) => Promise<unknown>,
): Fault {
  const inflict = async (scene: Scene): Promise<void> => {
    const { redis } = scene.cast;
    if (!redis) throw new Error('This scene has no Redis.');
    await fail(redis);
    await scene.works();
    await mend(redis);
  };
  return { name, inflict };
}

/** Nothing is sent twice for any of these: what is in Redis only says where to look. */
export const REDIS_FAULTS: readonly Fault[] = [
  redisFault(
    'kill -9 of Redis',
    (redis) => redis.kill(),
    (redis) => redis.restart(),
  ),
  redisFault(
    'FLUSHALL',
    (redis) => redis.run('FLUSHALL'),
    () => Promise.resolve(),
  ),
  redisFault(
    'a Redis that is full',
    (redis) => redis.run('CONFIG', 'SET', 'maxmemory', 1),
    (redis) => redis.run('CONFIG', 'SET', 'maxmemory', 0),
  ),
  redisFault(
    'SIGSTOP of Redis',
    async (redis) => {
      redis.pause();
      await pause(HANGS_MS);
    },
    (redis) => Promise.resolve(redis.resume()),
  ),
  redisFault(
    'a slow Redis',
    (redis) => redis.run('CLIENT', 'PAUSE', HANGS_MS),
    () => Promise.resolve(),
  ),
];

/** What can be done to the processes of any fleet. */
export const PROCESS_FAULTS: readonly Fault[] = [
  {
    name: 'kill -9 of one that takes events',
    inflict: (scene) => kill(scene, oneOf(scene.cast.fleet.takers, scene.cast.random)),
  },
  {
    name: 'kill -9 of one that sends',
    inflict: (scene) => kill(scene, oneOf(scene.cast.fleet.workers, scene.cast.random)),
  },
  {
    // It ends what it has begun: nothing is sent twice.
    name: 'SIGTERM',
    inflict: (scene) => oneOf(scene.cast.fleet.members, scene.cast.random).end('SIGTERM'),
  },
  stepClock('a clock that goes an hour forward', HOUR_MS),
  stepClock('a clock that goes an hour back', -HOUR_MS),
];

/** What takes workers apart from whoever takes events. */
export const WORKER_FAULTS: readonly Fault[] = [
  {
    name: 'kill -9 of all workers',
    inflict: async (scene) => {
      for (const worker of scene.cast.fleet.workers) await kill(scene, worker);
    },
  },
  {
    // Others take over what it held, and when it goes on it must not send what is not its own any more.
    name: 'SIGSTOP of a worker for longer than its leases',
    inflict: async (scene) => {
      const process = await oneOf(scene.cast.fleet.workers, scene.cast.random).running();
      process.signal('SIGSTOP');
      scene.allowed += await scene.held();
      await pause(LEASE_MS + 1_500);
      process.signal('SIGCONT');
    },
  },
];

/** One after the other; after each, what is published next has to arrive. */
export async function inflictAll(scene: Scene, faults: readonly Fault[]): Promise<void> {
  for (const fault of faults) {
    scene.inflicted.push(fault.name);
    await fault.inflict(scene);
    await scene.works();
  }
}
