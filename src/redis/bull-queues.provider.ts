import type { Job, Queue } from 'bull';
import type { JobQueue } from './job-queue.js';
import { BLOCKING_S } from './redis-client.provider.js';
import type { RedisConnections } from './redis-connections.provider.js';

/** What is handed over through Redis. */
export const QUEUES = ['events', 'deliveries'] as const;

/** The name of a queue. */
export type QueueName = (typeof QUEUES)[number];

/** A job is an announcement: tried once, and gone whatever came of it. */
const ONCE = { attempts: 1, removeOnComplete: true, removeOnFail: true };
const TIDY_EVERY_MS = 60_000;
const TIDY_AT_ONCE = 1_000;

/** The options of a Bull queue that is connected as we want it. */
export function bullOptions(redis: RedisConnections, name: QueueName) {
  return {
    prefix: redis.prefix,
    skipVersionCheck: true,
    settings: { drainDelay: BLOCKING_S },
    createClient: (type: 'client' | 'subscriber' | 'bclient') =>
      type === 'client' && redis.commands ? redis.commands : redis.blocking(`${type} ${name}`),
  };
}

/**
 * The queues, if there is a Redis. Jobs are fetched one by one instead of by `process`: so we decide when there is room for
 * one, and no start of a processor can fail because Redis is away.
 */
export class JobQueues {
  private readonly queues: ReadonlyMap<QueueName, JobQueue>;

  constructor(redis: RedisConnections, queues: readonly Queue[]) {
    // Connects: the first announcement need not wait for that.
    void redis.commands;
    this.queues = new Map(
      QUEUES.flatMap((name) => {
        const queue = queues.find((each) => each.name === name);
        return queue ? [[name, new BullJobQueue(queue, redis)] as const] : [];
      }),
    );
  }

  /** Undefined without REDIS_URL. */
  get(name: QueueName): JobQueue | undefined {
    return this.queues.get(name);
  }
}

class BullJobQueue implements JobQueue {
  private tidiedAt = -Infinity;
  private isStopped = false;
  private endWait = (): void => undefined;

  constructor(
    private readonly queue: Queue,
    private readonly redis: RedisConnections,
  ) {}

  async add(job: object): Promise<void> {
    await this.queue.add(job, ONCE);
  }

  waiting(): Promise<number> {
    return this.queue.getWaitingCount();
  }

  async next(): Promise<unknown> {
    if (this.isStopped) return undefined;
    const job = await this.nextUnlessStopped();
    this.tidy();
    if (!job) return undefined;
    // Not awaited, for it may come late or fail: what is left is tidied up.
    void job.moveToCompleted(undefined, false, true).catch(() => undefined);
    return job.data;
  }

  stopTaking(): void {
    this.isStopped = true;
    this.endWait();
    this.redis.blocking(`bclient ${this.queue.name}`).disconnect();
  }

  /** A connection that is closed while it waits for its server may never tell whoever waits on it. */
  private nextUnlessStopped(): Promise<Job<unknown> | null | undefined> {
    return new Promise((resolve, reject) => {
      this.endWait = () => resolve(undefined);
      // To fetch takes both connections: a job that only one of them has seen would be lost to the sweep.
      this.redis
        .ready()
        .then(() => (this.isStopped ? undefined : this.queue.getNextJob()))
        .then(resolve, reject);
    });
  }

  /** Jobs of processes that died between taking and removing them. */
  private tidy(): void {
    if (performance.now() - this.tidiedAt < TIDY_EVERY_MS) return;
    this.tidiedAt = performance.now();
    void this.queue.clean(TIDY_EVERY_MS, 'active', TIDY_AT_ONCE).catch(() => undefined);
  }
}
