import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded/index.js';
import { clusterIn } from '../../src/database/embedded/cluster.js';
import { readPidFile } from '../../src/database/embedded/postmaster.js';
import { isAlive } from '../../src/database/embedded/processes.js';
import { isErrno } from '../../src/database/embedded/errno.js';
import { urlOf } from './database.js';
import { until } from './until.js';

/** How it is ended: SIGINT breaks off transactions, SIGQUIT and SIGKILL leave a recovery to the next start. */
export type Ending = 'SIGINT' | 'SIGQUIT' | 'SIGKILL';

/** What a commit has promised survives the end of a process; no machine loses its power here. */
const settings: Record<string, string> = { fsync: 'off', max_connections: '200' };

/** Ends the connections of Bugle: the next ones meet what was changed. */
const SEND_AWAY = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'bugle%'`;

const running = new Set<OwnPostgres>();

afterAll(async () => {
  await Promise.all([...running].map((postgres) => postgres.remove()));
});

/**
 * A PostgreSQL that one test may kill, restart and stop, always at the same address. None outlives the spec file that
 * imports this module.
 */
export class OwnPostgres {
  private settings = settings;

  private constructor(
    private readonly dataDir: string,
    private server: EmbeddedPostgres,
  ) {
    running.add(this);
  }

  static async start(dataDir = newFolder()): Promise<OwnPostgres> {
    return new OwnPostgres(dataDir, await startEmbeddedPostgres({ dataDir, settings }));
  }

  /** Starts a replica of it, for which every commit waits from now on. It is away for a moment meanwhile. */
  async replica(): Promise<OwnPostgres> {
    await this.end('SIGINT');
    const dataDir = newFolder();
    const { data } = clusterIn(join(dataDir, 'postgres'));
    // With the owners, which Node's copy forgets.
    execFileSync('cp', ['-a', join(this.dataDir, 'postgres'), dataDir]);
    writeFileSync(join(data, 'standby.signal'), '');
    const { host, port, user, password = '' } = this.server.connection;
    const primary = Object.entries({ host, port, user, password });
    const place = primary.map(([name, value]) => `${name}=${value}`).join(' ');
    appendFileSync(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${place}'\n`);
    this.settings = { ...settings, synchronous_standby_names: '*' };
    await this.start();
    return OwnPostgres.start(dataDir);
  }

  /** Makes a primary of a replica. */
  async promote(): Promise<void> {
    await this.query('SELECT pg_promote()');
  }

  /** For DATABASE_URL. */
  get url(): string {
    return urlOf({ password: '', ...this.server.connection });
  }

  /** Ends it. @see start */
  async end(signal: Ending): Promise<void> {
    const pid = this.postmaster();
    process.kill(pid, signal);
    await until('PostgreSQL has ended', () => !isAlive(pid));
    await this.server.stop();
  }

  /** Starts it again. */
  async start(): Promise<void> {
    const { dataDir, settings: own } = this;
    this.server = await startEmbeddedPostgres({ dataDir, settings: own });
  }

  /** Kills one of its processes that serve Bugle: it then ends all others, recovers, and goes on. */
  async killBackend(): Promise<void> {
    const [found] = await this.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'bugle%' ORDER BY random() LIMIT 1`,
    );
    if (found) process.kill(found.pid, 'SIGKILL');
  }

  /** Stops all of its processes where they are. Answers how to let them go on. */
  async pause(): Promise<() => void> {
    const pids = (await this.query<{ pid: number }>('SELECT pid FROM pg_stat_activity')).map(
      ({ pid }) => pid,
    );
    const stopped = [this.postmaster(), ...pids].filter((pid) => signalled(pid, 'SIGSTOP'));
    return () => {
      for (const pid of stopped) signalled(pid, 'SIGCONT');
    };
  }

  /** Takes no writes any more, as where its disk is full. Answers how to go back. */
  async takeNoWrites(): Promise<() => Promise<void>> {
    await this.query(
      `ALTER ROLE CURRENT_USER SET default_transaction_read_only = on; ${SEND_AWAY}`,
    );
    const back = 'ALTER ROLE CURRENT_USER RESET default_transaction_read_only';
    return async () => void (await this.query(`SET TRANSACTION READ WRITE; ${back}; ${SEND_AWAY}`));
  }

  /** Lets nobody in, as an old primary that is fenced off. Answers how to go back. */
  async fence(): Promise<() => Promise<void>> {
    const { pathname } = new URL(this.url);
    const allow = (is: boolean) =>
      `ALTER DATABASE "${pathname.slice(1)}" ALLOW_CONNECTIONS ${is}; ${SEND_AWAY}`;
    await this.query(allow(false), [], 'postgres');
    return async () => void (await this.query(allow(true), [], 'postgres'));
  }

  /** Through a connection of its own: none of ours is kept through a fault. */
  async query<Row extends object>(
    sql: string,
    values: unknown[] = [],
    database = this.server.connection.database,
  ): Promise<Row[]> {
    const options = '-c search_path=bugle';
    const place = { ...this.server.connection, database };
    const client = new Client({ ...place, options, query_timeout: 20_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Ends it for good. */
  async remove(): Promise<void> {
    running.delete(this);
    await this.server.stop();
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  private postmaster(): number {
    const file = readPidFile(clusterIn(join(this.dataDir, 'postgres')));
    if (!file) throw new Error('This PostgreSQL does not run.');
    return file.pid;
  }
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'bugle-faults-'));
}

/** False when it had ended by itself: a backend's client may have left a moment ago. */
function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false;
    throw error;
  }
}
