import type { Pool } from 'pg';
import { BugleError } from '../errors.js';
import { type Connection, connectionOf } from './data-source.js';
import { endSoon, steadyPool } from './steady-pool.js';
import { Turnstile } from './turnstile.js';
import { isCancelled } from './violations.js';

/** Searches that run at once: of all workspaces, and of one. */
const CONNECTIONS = 4;
const PER_WORKSPACE = 2;
/** Of one workspace. Where all others take as long as they may, the last of them waits for most of a minute. */
const IN_LINE = 8;
/** One line for the searches of all workspaces. */
const EVERYBODY = '';
/** Nobody waits longer for a page of a list. */
const WITHIN_MS = 5_000;
/** After which its connection has lost its server. */
const SILENCE_MS = 2_000;

/**
 * What people look for in a history may be anywhere in it, or nowhere: such a search takes as long as the history is. So
 * searches have connections of their own, which deliveries never wait for, a limit of time, and each workspace a part.
 */
export class Searches {
  private readonly pool: Pool;
  private readonly turnstile = new Turnstile({ inside: PER_WORKSPACE, inLine: IN_LINE });
  /** As many as the pool has connections: nobody waits in its line, so whatever it says is of the database. */
  private readonly places: Turnstile;

  constructor(connection: Connection, schema: string, withinMs = WITHIN_MS) {
    const settings = [`search_path=${schema}`, `statement_timeout=${withinMs}`];
    // Whoever is next gets the place of a search that takes as long as it may.
    this.places = new Turnstile({ inside: CONNECTIONS, waitMs: withinMs + SILENCE_MS });
    this.pool = steadyPool({
      ...connectionOf(connection, [...settings, 'default_transaction_read_only=on']),
      application_name: 'bugle searches',
      max: CONNECTIONS,
      connectionTimeoutMillis: withinMs,
      query_timeout: withinMs + SILENCE_MS,
    });
  }

  /** @throws BugleError 422 `search_too_slow`, 429 `too_many_searches` */
  async run<Row extends object>(
    workspaceId: string,
    text: string,
    values: unknown[],
  ): Promise<Row[]> {
    const passed = await this.turnstile.pass(workspaceId, () => this.ask<Row>(text, values));
    if (passed) return passed.result;
    const under = `${PER_WORKSPACE} searches of this workspace are under way, and ${IN_LINE} wait`;
    throw tooMany(`${under}. Ask again when some are answered.`);
  }

  /** Resolves when no connection is left, or soon. */
  close(): Promise<void> {
    return endSoon(this.pool);
  }

  private async ask<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    const asked = await this.places.pass(EVERYBODY, () => this.find<Row>(text, values));
    if (asked) return asked.result;
    throw tooMany('The searches of others take long. Ask again soon.');
  }

  private async find<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>(text, values)).rows;
    } catch (error) {
      throw isCancelled(error) ? tooSlow() : error;
    }
  }
}

function tooMany(message: string): BugleError {
  return new BugleError(429, 'too_many_searches', message);
}

function tooSlow(): BugleError {
  const message =
    'This search takes too long. Narrow it: a shorter time with since and until, or a webhook or an event.';
  return new BugleError(422, 'search_too_slow', message);
}
