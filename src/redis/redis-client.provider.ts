import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Config } from '../config/index.js';
import type { RedisAddress } from './redis-address.js';
import { tlsTo } from './redis-tls.js';

/** A connection of ioredis: to one server (found by its address or by sentinels), or to a cluster. */
export type RedisClient = Redis | Cluster;

type Mode = Pick<Config, 'BUGLE_REDIS_MODE' | 'BUGLE_REDIS_SENTINEL_NAME'>;

const CONNECT_TIMEOUT_MS = 3_000;
const COMMAND_TIMEOUT_MS = 1_500;
/** A socket from which nothing comes for so long though something was asked is dead, whatever the kernel says. */
const SOCKET_TIMEOUT_MS = 3_000;
const KEEP_ALIVE_MS = 10_000;
/** So long the other side may take to close a connection that was closed here; a process that is done waits for it. */
const CLOSE_TIMEOUT_MS = 200;
/** How often a short command is tried again while a node of a cluster is away, 100 ms apart. */
const CLUSTER_RETRIES = 3;

/** Seconds for which a connection may wait for a job: shorter than any socket times out. */
export const BLOCKING_S = 2;

const EVERY_CONNECTION = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  disconnectTimeout: CLOSE_TIMEOUT_MS,
  keepAlive: KEEP_ALIVE_MS,
  // A sentinel that hangs is passed over.
  sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
  // A replica that was a master until a moment ago: the new one is asked for.
  reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
} satisfies RedisOptions;

/** Fails at once (in a cluster: after 0.3 s) when Redis is away: nothing queues up in memory, and nobody waits. */
export const SHORT_COMMANDS = {
  ...EVERY_CONNECTION,
  commandTimeout: COMMAND_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
} satisfies RedisOptions;

/** Waits until Redis is back: one command at a time does. Bull demands the last two. */
export const BLOCKING = {
  ...EVERY_CONNECTION,
  socketTimeout: BLOCKING_S * 1000 + SOCKET_TIMEOUT_MS,
  enableReadyCheck: false,
  maxRetriesPerRequest: null,
} satisfies RedisOptions;

/** Connects. User, password and database of the first address count for all. @throws Error without an address */
export function newClient(
  { BUGLE_REDIS_MODE: mode, BUGLE_REDIS_SENTINEL_NAME: name }: Mode,
  addresses: readonly RedisAddress[],
  options: RedisOptions,
): RedisClient {
  const [first] = addresses;
  if (!first) throw new Error('There is no REDIS_URL.');
  const { username, password, db } = first;
  const access = { ...options, username, password, db };
  if (mode === 'cluster') return clusterOf(addresses, access);
  if (mode === 'single') return timed(new Redis({ ...access, ...serverAt(first, options.tls) }));
  const toSentinels = new Redis({
    ...access,
    name,
    sentinels: addresses.map(({ host, port }) => ({ host, port })),
    sentinelUsername: username,
    sentinelPassword: password,
    enableTLSForSentinelMode: options.tls !== undefined,
    sentinelTLS: options.tls,
    sentinelRetryStrategy: options.retryStrategy ?? undefined,
  });
  return timed(toSentinels);
}

function clusterOf(
  addresses: readonly RedisAddress[],
  { retryStrategy, ...redisOptions }: RedisOptions,
): Cluster {
  const { tls } = redisOptions;
  const cluster = new Cluster(
    addresses.map((address) => serverAt(address, tls)),
    {
      redisOptions,
      clusterRetryStrategy: retryStrategy ?? undefined,
      enableOfflineQueue: redisOptions.enableOfflineQueue,
      enableReadyCheck: redisOptions.enableReadyCheck,
      maxRedirections: redisOptions.enableOfflineQueue === false ? CLUSTER_RETRIES : undefined,
      // A certificate is for names; the nodes tell their addresses.
      dnsLookup: (address, callback) => callback(null, address),
      // Maps nothing: it is where ioredis takes the options of a node from that others told of.
      natMap: tls && ((key) => serverAt(hostAndPort(key), tls)),
    },
  );
  return cluster.on('+node', timed);
}

/**
 * Ends the timer of `socketTimeout` with its socket. ioredis forgets it: it would cut the next socket, on which all is
 * well, and keep a process alive that has closed everything.
 */
function timed(client: Redis): Redis {
  return client.on('close', () => {
    const timer: NodeJS.Timeout | undefined = client['socketTimeoutTimer'];
    clearTimeout(timer);
    client['socketTimeoutTimer'] = undefined;
  });
}

function serverAt({ host, port }: Pick<RedisAddress, 'host' | 'port'>, tls: RedisOptions['tls']) {
  return { host, port, tls: tlsTo(host, tls) };
}

/** Of host:port, where the host may be ::1. */
function hostAndPort(key: string) {
  const colon = key.lastIndexOf(':');
  return { host: key.slice(0, colon), port: Number(key.slice(colon + 1)) };
}
