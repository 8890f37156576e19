import type { ConnectionOptions } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../config/index.js';
import { addressOf, type RedisAddress } from './redis-address.js';
import { BLOCKING, newClient, type RedisClient, SHORT_COMMANDS } from './redis-client.provider.js';
import { awayReason, clearestFault, handshakeFault, tlsOptions, tlsTo } from './redis-tls.js';

/** What Redis can do at this moment. */
export type RedisState = 'ok' | 'unreachable' | 'refusing';

const PORT = 6379;
const SENTINEL_PORT = 26379;
const PROBE_TTL_MS = 10_000;
/** Addresses that are asked what is wrong. */
const MOST_ASKED = 16;

/**
 * How Redis is connected. Without REDIS_URL there are no connections, and whoever can use one does without. Redis keeps
 * nothing that matters: that it is away is logged once, and that it is back.
 */
export class RedisConnections {
  /** Of every key. The braces keep all of them on one node of a cluster. */
  readonly prefix: string;
  /** Those of REDIS_URL. */
  private readonly addresses: readonly RedisAddress[];
  private readonly tls: ConnectionOptions | undefined;
  private readonly clients = new Map<string, RedisClient>();
  private readonly away = new Set<string>();
  private isToldAway = false;
  private closed = false;

  constructor(
    private readonly config: Config,
    private readonly logger: Logger,
  ) {
    const port = config.BUGLE_REDIS_MODE === 'sentinel' ? SENTINEL_PORT : PORT;
    this.addresses = (config.REDIS_URL ?? []).map((url) => addressOf(url, port));
    this.tls = tlsOptions(this.addresses, config);
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
    const { config, addresses, tls } = this;
    const retryStrategy = (times: number) => this.retryAfter(times);
    return newClient(config, addresses, { ...options, tls, retryStrategy });
  }

  private retryAfter(times: number): number | null {
    return this.closed ? null : Math.min(50 * 2 ** Math.min(times, 6), 2_000);
  }

  private watch(name: string, client: RedisClient): void {
    client.on('ready', () => this.isBack(name));
    client.on('close', () => this.isAway(name));
    client.on('error', (error: Error) => this.isAway(name, error));
  }

  private isAway(name: string, error?: Error): void {
    if (this.closed || this.away.has(name)) return;
    this.away.add(name);
    if (this.away.size === 1) void this.tellAway(error);
  }

  /** Only the text: an error of ioredis carries its command, and that of a failed login the password. */
  private async tellAway(error: Error | undefined): Promise<void> {
    const fault = clearestFault(error, await this.hiddenFaults());
    // Asking took up to a second.
    if (this.closed || this.isToldAway || this.away.size === 0) return;
    this.isToldAway = true;
    this.logger.warn({ reason: fault && awayReason(fault) }, 'redis.away');
  }

  /** Of a certificate that a sentinel or a node has, ioredis tells only that the connection was closed. */
  private async hiddenFaults(): Promise<Error[]> {
    const { tls } = this;
    const { BUGLE_REDIS_MODE: mode } = this.config;
    if (!tls || mode === 'single') return [];
    const asked = this.addresses.slice(0, MOST_ASKED).map((address) =>
      // To sentinels ioredis sends no name.
      handshakeFault(address, mode === 'cluster' ? tlsTo(address.host, tls) : tls),
    );
    return (await Promise.all(asked)).filter((fault) => fault !== undefined);
  }

  private isBack(name: string): void {
    if (!this.away.delete(name) || this.away.size > 0 || !this.isToldAway) return;
    this.isToldAway = false;
    this.logger.info('redis.back');
  }
}
