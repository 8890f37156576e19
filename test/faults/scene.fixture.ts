import { randomBytes } from 'node:crypto';
import { Client } from '../support/client.js';
import { FaultyReceiver, type Manner } from '../support/faulty-receiver.js';
import { OwnPostgres } from '../support/own-postgres.js';
import { randomOf } from '../support/random.js';
import type { TestRedis } from '../support/redis.js';
import type { Settings } from '../support/server-process.js';
import { until } from '../support/until.js';
import { Fleet, Member, type Role } from './fleet.fixture.js';
import { Producer, type Tenant } from './producer.fixture.js';

/** Waiting times between attempts, in seconds. */
export const SCHEDULE = [0.2, 0.2, 0.5, 0.5, 1, 1, 1, 1];
export const LEASE_MS = 3_000;
const SETTLED_WITHIN_MS = 120_000;
const WORKING_WITHIN_MS = 60_000;

/** The webhooks of each workspace, and how much of what is published is for it. */
const WORKSPACES: { manners: Manner[]; share: number }[] = [
  { manners: ['good', 'slow', 'half'], share: 12 },
  { manners: ['good', 'resets', 'drips', 'hangs', 'throttles'], share: 7 },
  { manners: ['never'], share: 1 },
];

const settings: Settings = {
  PORT: '0',
  BUGLE_MASTER_KEY: randomBytes(32).toString('base64'),
  BUGLE_ADMIN_KEY: `bugle_test_${randomBytes(16).toString('hex')}`,
  BUGLE_ALLOW_NETWORKS: '127.0.0.0/8',
  BUGLE_LOG_LEVEL: 'warn',
  BUGLE_DATABASE_POOL_SIZE: '5',
  BUGLE_IN_FLIGHT: '16',
  BUGLE_IN_FLIGHT_PER_WEBHOOK: '4',
  BUGLE_ATTEMPT_TIMEOUT_MS: '1000',
  BUGLE_RETRY_SCHEDULE: SCHEDULE.join(','),
  // What never answers well shall be given up within the time of a test.
  BUGLE_BREAKER_FAILURES: '0',
  BUGLE_LEASE_MS: String(LEASE_MS),
  BUGLE_SWEEP_INTERVAL_MS: '100',
  BUGLE_SHUTDOWN_GRACE_MS: '2000',
};

/** Everything that plays a part. */
interface Cast {
  postgres: OwnPostgres;
  redis?: TestRedis;
  fleet: Fleet;
  receiver: FaultyReceiver;
  tenants: Tenant[];
  producer: Producer;
  random: () => number;
}

/** What a scene is set with. */
interface Props {
  /** Decides what is published and how receivers answer. */
  seed: number;
  /** With it the hand-off goes over Bull. */
  redis?: TestRedis;
  /** One that is there already. */
  postgres?: OwnPostgres;
  /** Another way to it than its own address. */
  databaseUrl?: string;
}

/** A database, server processes on it, receivers, and a producer that never rests. */
export class Scene {
  /** How many requests may have been sent twice, by the faults so far. */
  allowed = 0;
  /** The faults so far. */
  readonly inflicted: string[] = [];

  private constructor(
    readonly name: string,
    readonly cast: Cast,
  ) {}

  static async set(name: string, roles: readonly Role[], given: Props): Promise<Scene> {
    const { seed, redis } = given;
    const [postgres, receiver] = await Promise.all([
      given.postgres ?? OwnPostgres.start(),
      FaultyReceiver.start(seed),
    ]);
    const databaseUrl = given.databaseUrl ?? postgres.url;
    const place = { DATABASE_URL: databaseUrl, ...(redis && { REDIS_URL: redis.url }) };
    const fleet = await fleetOf(roles, { ...settings, ...place });
    const tenants = await tenantsOf(fleet, receiver);
    const random = randomOf(seed);
    const producer = new Producer(() => fleet.addresses(), tenants, {
      random,
      arrived: () => receiver.seen.size,
    });
    return new Scene(name, { postgres, redis, fleet, receiver, tenants, producer, random });
  }

  /** What an event that is published now meets: resolves when it has arrived. */
  async works(): Promise<void> {
    const [tenant] = this.cast.tenants;
    if (!tenant) return;
    const id = await this.cast.producer.publish(tenant);
    const isDelivered = async () =>
      (await this.statusesOf(id)).filter((status) => status === 'delivered').length > 1;
    await until('an event is delivered', isDelivered, WORKING_WITHIN_MS).catch(async () => {
      const left = JSON.stringify(await this.left());
      const faults = this.inflicted.join(', ');
      throw new Error(`After ${faults}: event ${id} is not delivered. What is left: ${left}`);
    });
  }

  /** Deliveries that workers hold now: what can be sent twice, should they die. */
  async held(): Promise<number> {
    const [row] = await this.cast.postgres.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM delivery_queue WHERE holder IS NOT NULL',
    );
    return row?.n ?? 0;
  }

  /** Publishes no more and waits until nothing is left to do. Answers what is left all the same. */
  async settle(): Promise<string | undefined> {
    await this.cast.producer.stop();
    const isSettled = async () => (await this.left()).length === 0;
    return until('all is settled', isSettled, SETTLED_WITHIN_MS).then(
      () => undefined,
      async () =>
        `${SETTLED_WITHIN_MS} ms later this is left: ${JSON.stringify(await this.left())}`,
    );
  }

  /** Removes everything, whatever has happened. */
  async strike(): Promise<void> {
    const { producer, fleet, receiver, redis, postgres } = this.cast;
    await producer.stop();
    await fleet.stop();
    await receiver.stop();
    await redis?.kill();
    await postgres.remove();
  }

  /** What is still to be done: events, and deliveries by who holds them and how long they wait. */
  private left(): Promise<object[]> {
    return this.cast.postgres.query(
      `SELECT 'event' AS what, count(*)::int AS n, NULL::int AS holder, NULL::int AS "dueInSeconds"
       FROM event_outbox HAVING count(*) > 0
       UNION ALL SELECT 'delivery', count(*)::int, holder, extract(epoch FROM due_at - now())::int
       FROM delivery_queue GROUP BY 3, 4 ORDER BY 4 LIMIT 20`,
    );
  }

  private async statusesOf(eventId: string): Promise<string[]> {
    const rows = await this.cast.postgres.query<{ status: string }>(
      'SELECT status FROM deliveries WHERE event_id = $1',
      [eventId],
    );
    return rows.map(({ status }) => status);
  }
}

/** The first one starts alone: it makes the tables. */
async function fleetOf(roles: readonly Role[], of: Settings): Promise<Fleet> {
  const fleet = new Fleet();
  try {
    for (const role of roles) {
      fleet.members.push(new Member(role, { ...of, BUGLE_ROLE: role }));
      if (fleet.members.length === 1) await fleet.running();
    }
    await fleet.running();
    return fleet;
  } catch (error) {
    await fleet.stop();
    throw error;
  }
}

async function tenantsOf(fleet: Fleet, receiver: FaultyReceiver): Promise<Tenant[]> {
  const [address = ''] = fleet.addresses();
  const admin = new Client(address, settings.BUGLE_ADMIN_KEY);
  const tenants: Tenant[] = [];
  for (const { manners, share } of WORKSPACES) {
    const name = manners.join(' and ');
    const made = await admin.make<{ id: string; adminKey: string }>('/v1/workspaces', { name });
    const api = admin.as(made.adminKey);
    for (const manner of manners) {
      const input = { name: manner, url: receiver.url(manner), events: ['user.created'] };
      await api.make('/v1/webhooks', input);
    }
    tenants.push({ id: made.id, key: made.adminKey, webhooks: manners.length, share });
  }
  return tenants;
}
