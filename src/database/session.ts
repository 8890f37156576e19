import { Client } from 'pg';
import type { Logger } from 'pino';
import { type Connection, connectionOf } from './data-source.js';

type Handler = (payload: string) => void;
type Setup = (client: Client) => Promise<void>;

/** Whatever runs a statement: a DataSource, a repository, a transaction's manager. */
interface Queryable {
  query(statement: string, parameters: unknown[]): Promise<unknown>;
}

const RECONNECT_MS = 500;

/**
 * The one connection that lives as long as the process: it listens to notifications (a pool's connections come
 * and go) and holds the advisory locks by which other processes see that this one is alive. It reconnects by itself.
 */
export class DatabaseSession {
  private client: Client | undefined;
  private closed = false;
  private retry: NodeJS.Timeout | undefined;
  private readonly handlers = new Map<string, Handler[]>();
  private readonly setups: Setup[] = [];

  constructor(
    private readonly connection: Connection,
    readonly schema: string,
    private readonly logger: Logger,
  ) {}

  /** @throws whatever connecting throws; later losses are only logged and mended. */
  async open(): Promise<void> {
    const client = new Client({
      ...connectionOf(this.connection),
      application_name: 'bugle session',
      keepAlive: true,
    });
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client));
    client.on('notification', ({ channel, payload }) => this.dispatch(channel, payload ?? ''));
    await client.connect();
    this.client = client;
    for (const channel of this.handlers.keys()) await client.query(`LISTEN "${channel}"`);
    for (const setup of this.setups) await setup(client);
  }

  /** Calls the handler for every notification on a channel of this schema, from any process. */
  async listen(name: string, handler: Handler): Promise<void> {
    const channel = channelName(this.schema, name);
    const handlers = this.handlers.get(channel) ?? [];
    this.handlers.set(channel, [...handlers, handler]);
    if (handlers.length === 0) await this.client?.query(`LISTEN "${channel}"`);
  }

  /** Runs now and again after each reconnect, for state that belongs to the connection (advisory locks). */
  async onConnect(setup: Setup): Promise<void> {
    this.setups.push(setup);
    if (this.client) await setup(this.client);
  }

  /** Notifies every process that listens; within a transaction, once that has committed. */
  async notify(on: Queryable, name: string, payload = ''): Promise<void> {
    await on.query('SELECT pg_notify($1, $2)', [channelName(this.schema, name), payload]);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.client?.end().catch(() => undefined);
  }

  private dispatch(channel: string, payload: string): void {
    for (const handler of this.handlers.get(channel) ?? []) handler(payload);
  }

  private lost(client: Client, error?: Error): void {
    if (this.closed || this.client !== client) return;
    this.client = undefined;
    this.logger.warn({ reason: error?.message }, 'database.session_lost');
    this.reconnectLater();
  }

  private reconnectLater(): void {
    this.retry = setTimeout(() => {
      this.open().then(
        () => this.logger.info('database.session_restored'),
        () => this.closed || this.reconnectLater(),
      );
    }, RECONNECT_MS);
  }
}

/** Notification channels are shared by a whole database: the schema keeps two installations apart. */
export function channelName(schema: string, name: string): string {
  return `${schema}_${name}`;
}
