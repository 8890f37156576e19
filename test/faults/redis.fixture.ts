import { setTimeout as pause } from 'node:timers/promises';
import { Story } from '../e2e/deliver.fixture.js';
import { eventIdOf } from '../e2e/load.fixture.js';
import type { Client } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import type { TestRedis } from '../support/redis.js';
import type { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { Ground } from './crash.fixture.js';

const EVERY_MS = 5;
/** Below the time-outs of a connection to Redis: nobody who publishes waits for one. Milliseconds. */
export const PATIENCE_MS = 1_000;

/** One process that takes requests, two that work, and a receiver; between them a Redis that may do what it likes. */
export class Company {
  private readonly client: Client;

  private constructor(
    private readonly ground: Ground,
    private readonly receiver: Receiver,
    readonly api: ServerProcess,
    private readonly workers: readonly ServerProcess[],
  ) {
    this.client = ground.api(api);
  }

  static async start(redis: TestRedis): Promise<Company> {
    const [ground, receiver] = await Promise.all([Ground.prepare(), Receiver.start()]);
    const settings = { REDIS_URL: redis.url, BUGLE_SWEEP_INTERVAL_MS: '200' };
    const api = await ground.server({ ...settings, BUGLE_ROLE: 'api', BUGLE_LOG_LEVEL: 'info' });
    const workers = await Promise.all(
      ['worker', 'worker'].map((role) =>
        ground.server({ ...settings, BUGLE_ROLE: role, BUGLE_LOG_LEVEL: 'info' }),
      ),
    );
    await new Story(ground.api(api)).webhook(receiver.url);
    return new Company(ground, receiver, api, workers);
  }

  /** What `/readyz` of a process says. */
  async readiness({ address }: ServerProcess = this.api): Promise<unknown> {
    const answer = await fetch(`${address}/readyz`);
    return { ...((await answer.json()) as object), httpStatus: answer.status };
  }

  /** Resolves when every process says so of Redis. */
  async redisIs(state: string): Promise<void> {
    await until(`Redis is ${state} for all`, async () => {
      const all = await Promise.all([this.api, ...this.workers].map((one) => this.readiness(one)));
      return all.every((one) => Reflect.get(one as object, 'redis') === state);
    });
  }

  publishing(): Publishing {
    return new Publishing(this.client);
  }

  /**
   * Publishes while something happens to Redis, and resolves when all of it has arrived and Redis is used again. Answers
   * what the slowest publish took, in milliseconds.
   */
  async publishesWhile(happens: () => Promise<void>): Promise<number> {
    const publishing = this.publishing();
    await publishing.more(20);
    await happens();
    await publishing.more(20);
    await this.delivered(await publishing.end(), 20_000);
    await this.redisIs('ok');
    return Math.max(...publishing.tookMs);
  }

  /** Resolves when each of these events has arrived and nothing is left to do. */
  async delivered(eventIds: readonly string[], withinMs?: number): Promise<void> {
    await until(
      'every event has arrived',
      () => {
        const arrived = new Set(this.receiver.requests.map(eventIdOf));
        return eventIds.every((id) => arrived.has(id));
      },
      withinMs,
    );
    await this.ground.finished();
  }

  /** Time from the answer of a publish to the request at the receiver, in milliseconds. */
  async lag(): Promise<number> {
    const { body } = await this.client.post<{ id: string }>('/v1/events', {
      type: 'user.created',
      data: {},
    });
    const answeredAt = Date.now();
    const request = await until('the event has arrived', () =>
      this.receiver.requests.find((each) => eventIdOf(each) === body.id),
    );
    return request.receivedAt - answeredAt;
  }

  /** Stops all; every process has to end well. */
  async stop(): Promise<void> {
    const exits = await Promise.all(
      [this.api, ...this.workers].map((process) => process.kill('SIGTERM')),
    );
    await this.receiver.stop();
    await this.ground.clear();
    for (const { code } of exits) if (code !== 0) throw new Error(`A process ended with ${code}.`);
  }
}

/** A producer that publishes one event after the other until it is told to end. */
export class Publishing {
  readonly eventIds: string[] = [];
  /** Of each publish, from request to answer, in milliseconds. */
  readonly tookMs: number[] = [];
  private isWanted = true;
  private readonly running: Promise<void>;

  constructor(private readonly client: Client) {
    this.running = this.run();
  }

  /** Resolves when so many more were accepted. */
  async more(count: number): Promise<void> {
    const enough = this.eventIds.length + count;
    await until(`${count} more are published`, () => this.eventIds.length >= enough);
  }

  /** @throws Error when a publish was not answered 202 */
  async end(): Promise<readonly string[]> {
    this.isWanted = false;
    await this.running;
    return this.eventIds;
  }

  private async run(): Promise<void> {
    while (this.isWanted) {
      const started = performance.now();
      const publication = { type: 'user.created', data: { n: this.eventIds.length } };
      const { id } = await this.client.make<{ id: string }>('/v1/events', publication);
      this.eventIds.push(id);
      this.tookMs.push(performance.now() - started);
      await pause(EVERY_MS);
    }
  }
}
