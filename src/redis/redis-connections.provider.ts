import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../config/index.js';
import { addressOf, type RedisAddress } from './redis-address.js';

/** A connection of ioredis: to one server (found by its address or by sentinels), or to a cluster. */
export type RedisClient = Redis | Cluster;

/** What Redis can do at this moment. */
export type RedisState = 'ok' | 'unreachable' | 'refusing';

const PORT = 6379;
const SENTINEL_PORT = 26379;
const CONNECT_TIMEOUT_MS = 3_000;
const COMMAND_TIMEOUT_MS = 1_500;
/** A socket from which nothing comes for so long though something was asked is dead, whatever the kernel says. */
const SOCKET_TIMEOUT_MS = 3_000;
const KEEP_ALIVE_MS = 10_000;
const PROBE_TTL_MS = 10_000;

/** Seconds for which a connection may wait for a job: shorter than any socket times out. */
export const BLOCKING_S = 2;

const EVERY_CONNECTION = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  keepAlive: KEEP_ALIVE_MS,
  // A replica that was a master until a moment ago: the new one is asked for.
  reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
} satisfies RedisOptions;

/** Fails at once when Redis is away: nothing queues up in memory, and nobody waits. */
const SHORT_COMMANDS = {
  ...EVERY_CONNECTION,
  commandTimeout: COMMAND_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
} satisfies RedisOptions;

/** Waits until Redis is back: one command at a time does. Bull demands the last two. */
const BLOCKING = {
  ...EVERY_CONNECTION,
  socketTimeout: BLOCKING_S * 1000 + SOCKET_TIMEOUT_MS,
  enableReadyCheck: false,
  maxRetriesPerRequest: null,
} satisfies RedisOptions;

/**
 * How Redis is connected. Without REDIS_URL there are no connections, and whoever can use one does without. Redis keeps
 * nothing that matters: that it is away is logged once, and that it is back.
 */
export class RedisConnections {
  /** Of every key. The braces keep all of them on one node of a cluster. */
  readonly prefix: string;
  private readonly clients = new Map<string, RedisClient>();
  private readonly away = new Set<string>();
  private closed = false;

  constructor(
    private readonly config: Config,
    private readonly logger: Logger,
  ) {
    this.prefix = `{${config.BUGLE_SCHEMA}}`;
  }

  get isConfigured(): boolean {
    return this.config.REDIS_URL !== undefined;
  }

  /** The connection for short commands that all share; they fail at once while Redis is away. Undefined without REDIS_URL. */
  get commands(): RedisClient | undefined {
    return this.isConfigured ? this.connection('commands', SHORT_COMMANDS) : undefined;
  }

  /** Resolves when short commands can be given. @throws Error without REDIS_URL */
  async ready(): Promise<void> {
    const client = this.connection('commands', SHORT_COMMANDS);
    if (client.status === 'ready') return;
    await new Promise<void>((resolve) => client.once('ready', () => resolve()));
  }

  /** A connection of one's own, for commands that wait. @throws Error without REDIS_URL */
  blocking(name: string): RedisClient {
    return this.connection(`blocking ${name}`, BLOCKING);
  }

  /** Asks Redis, and answers within two seconds. Undefined without REDIS_URL. */
  async state(): Promise<RedisState | undefined> {
    const { commands } = this;
    if (!commands) return undefined;
    try {
      await commands.set(`${this.prefix}:probe`, '1', 'PX', PROBE_TTL_MS);
      return 'ok';
    } catch (error) {
      // It did answer: it has no memory left, or may only be read.
      return error instanceof Error && error.name === 'ReplyError' ? 'refusing' : 'unreachable';
    }
  }

  /** For good: whatever waits on a connection fails. */
  close(): void {
    this.closed = true;
    for (const client of this.clients.values()) client.disconnect();
  }

  private connection(name: string, options: RedisOptions): RedisClient {
    const known = this.clients.get(name);
    if (known) return known;
    const client = this.connect({ ...options, connectionName: `bugle ${name}` });
    this.clients.set(name, client);
    this.watch(name, client);
    return client;
  }

  private connect(options: RedisOptions): RedisClient {
    const { BUGLE_REDIS_MODE: mode, BUGLE_REDIS_SENTINEL_NAME: name } = this.config;
    const port = mode === 'sentinel' ? SENTINEL_PORT : PORT;
    const addresses = (this.config.REDIS_URL ?? []).map((url) => addressOf(url, port));
    const [first] = addresses;
    if (!first) throw new Error('There is no REDIS_URL.');
    const retryStrategy = (times: number) => this.retryAfter(times);
    const access = { ...options, ...accessOf(first), retryStrategy };
    if (mode === 'cluster') return clusterOf(addresses, access);
    if (mode === 'single') return new Redis({ ...access, host: first.host, port: first.port });
    return new Redis({
      ...access,
      name,
      sentinels: addresses.map(({ host, port: at }) => ({ host, port: at })),
      sentinelUsername: first.username,
      sentinelPassword: first.password,
      enableTLSForSentinelMode: first.tls,
      sentinelTLS: access.tls,
      sentinelRetryStrategy: retryStrategy,
    });
  }

  private retryAfter(times: number): number | null {
    return this.closed ? null : Math.min(50 * 2 ** Math.min(times, 6), 2_000);
  }

  private watch(name: string, client: RedisClient): void {
    client.on('ready', () => this.isBack(name));
    client.on('close', () => this.isAway(name));
    client.on('error', (error: Error) => this.isAway(name, error));
  }

  /** Only the text: an error of ioredis carries its command, and that of a failed login the password. */
  private isAway(name: string, error?: Error): void {
    if (this.closed || this.away.has(name)) return;
    this.away.add(name);
    if (this.away.size > 1) return;
    const reason = error && (error.message || String(Reflect.get(error, 'code')));
    this.logger.warn({ reason }, 'redis.away');
  }

  private isBack(name: string): void {
    if (this.away.delete(name) && this.away.size === 0) this.logger.info('redis.back');
  }
}

function accessOf({ username, password, db, tls, host }: RedisAddress) {
  return { username, password, db, tls: tls ? { servername: host } : undefined };
}

function clusterOf(
  addresses: readonly RedisAddress[],
  {
    retryStrategy,
    ...redisOptions
  }: RedisOptions & { retryStrategy: (times: number) => number | null },
): Cluster {
  return new Cluster(
    addresses.map(({ host, port }) => ({ host, port })),
    {
      redisOptions,
      clusterRetryStrategy: retryStrategy,
      enableOfflineQueue: redisOptions.enableOfflineQueue,
      enableReadyCheck: redisOptions.enableReadyCheck,
      // A certificate is for names; the nodes tell their addresses.
      dnsLookup: (address, callback) => callback(null, address),
    },
  );
}
