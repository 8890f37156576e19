import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { type Connection, connectionOf } from './data-source.js';
import { Repeating } from './repeating.js';

type Handler = (payload: string) => void;
type Setup = (client: Client) => Promise<void>;

/** Whatever runs a statement: a DataSource, a repository, a transaction's manager. */
interface Queryable {
  query(statement: string, parameters: unknown[]): Promise<unknown>;
}

const RECONNECT_MS = 500;
/** A server that hangs must not keep the process from ending. */
const CLOSE_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Every statement here is short: one that takes longer has lost its server. */
const QUERY_TIMEOUT_MS = 10_000;
/** A connection on which nothing is asked would not notice that its server is gone, or its way there. */
const BEAT_MS = 5_000;

/**
 * The one connection that lives as long as the process: it listens to notifications (a pool's connections come
 * and go) and holds the advisory locks by which other processes see that this one is alive. It reconnects by itself.
 */
export class DatabaseSession {
  /** Connected and set up; undefined while it is not. */
  private client: Client | undefined;
  private closed = false;
  private retry: NodeJS.Timeout | undefined;
  private reconnecting: Promise<void> | undefined;
  private readonly beating = new Repeating(() => this.beat(), BEAT_MS, { failed: () => undefined });
  private readonly handlers = new Map<string, Handler[]>();
  private readonly setups: Setup[] = [];

  constructor(
    private readonly connection: Connection,
    readonly schema: string,
    private readonly logger: Logger,
  ) {}

  /** @throws whatever connecting throws; later losses are only logged and mended. */
  async open(): Promise<void> {
    const client = this.newClient();
    try {
      await client.connect();
      // Reaches also a set-up that is added meanwhile: nothing is awaited between the last one and the assignment.
      for (const setup of this.setups) await setup(client);
      if (this.closed) throw new Error('The session was closed while it connected.');
      this.client = client;
      this.beating.start();
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** Calls the handler for every notification on a channel of this schema, from any process. */
  async listen(name: string, handler: Handler): Promise<void> {
    const channel = channelName(this.schema, name);
    const handlers = this.handlers.get(channel) ?? [];
    this.handlers.set(channel, [...handlers, handler]);
    if (handlers.length > 0) return;
    await this.onConnect(async (client) => void (await client.query(`LISTEN "${channel}"`)));
  }

  /**
   * Runs now and again after each reconnect, for state that belongs to the connection (advisory locks). Set-ups run in
   * the order in which they were added; if one fails after a reconnect, the connection is made anew.
   */
  async onConnect(setup: Setup): Promise<void> {
    this.setups.push(setup);
    if (this.client) await setup(this.client);
  }

  /** Notifies every process that listens; within a transaction, once that has committed. */
  async notify(on: Queryable, name: string, payload = ''): Promise<void> {
    await on.query('SELECT pg_notify($1, $2)', [channelName(this.schema, name), payload]);
  }

  /** Resolves when no connection is left, one that was being made included. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.reconnecting;
    const late = pause(CLOSE_TIMEOUT_MS, undefined, { ref: false });
    await Promise.race([this.client?.end().catch(() => undefined), late]);
    await this.beating.stop();
  }

  private async beat(): Promise<void> {
    const { client } = this;
    await client?.query('SELECT').catch((error: Error) => this.lost(client, error));
  }

  private newClient(): Client {
    const client = new Client({
      ...connectionOf(this.connection),
      application_name: 'bugle session',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    });
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client));
    client.on('notification', ({ channel, payload }) => this.dispatch(channel, payload ?? ''));
    return client;
  }

  private dispatch(channel: string, payload: string): void {
    for (const handler of this.handlers.get(channel) ?? []) {
      try {
        handler(payload);
      } catch (error) {
        // Thrown on, it would end the process: nobody stands above a socket's events.
        this.logger.error({ err: error, channel }, 'database.notification_failed');
      }
    }
  }

  /** Only what had been set up is lost: where setting up fails, `open` tells its caller. So there is one retry at a time. */
  private lost(client: Client, error?: Error): void {
    if (this.closed || this.client !== client) return;
    this.client = undefined;
    client.end().catch(() => undefined);
    this.logger.warn({ reason: error?.message }, 'database.session_lost');
    this.reconnectLater();
  }

  private reconnectLater(): void {
    this.retry = setTimeout(() => {
      this.reconnecting = this.reconnect();
    }, RECONNECT_MS);
  }

  private async reconnect(): Promise<void> {
    try {
      await this.open();
      this.logger.info('database.session_restored');
    } catch (error) {
      if (this.closed) return;
      this.logger.debug({ err: error }, 'database.session_not_restored');
      this.reconnectLater();
    }
  }
}

/** Notification channels are shared by a whole database: the schema keeps two installations apart. */
export function channelName(schema: string, name: string): string {
  return `${schema}_${name}`;
}
