import { randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { Client } from 'pg';
import pino from 'pino';
import { loadConfig } from '../../src/config/index.js';
import { type RunningServer, start } from '../../src/startup/start.js';
import { OwnPostgres } from '../support/own-postgres.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

/** While another session has it, a start waits before it prepares the tables. */
const MIGRATIONS = `pg_advisory_lock(hashtext('bugle migrations of bugle'))`;

let postgres: OwnPostgres;
let server: RunningServer | undefined;

beforeEach(async () => {
  postgres = await OwnPostgres.start();
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** A server that starts, and what its log says from `warn` on. */
function starting() {
  const log: string[] = [];
  const write = (line: string) => void log.push(line);
  const settings = {
    DATABASE_URL: postgres.url,
    BUGLE_MASTER_KEY: randomBytes(32).toString('base64'),
    PORT: '0',
    BUGLE_SHUTDOWN_GRACE_MS: '0',
  };
  const started = start(loadConfig(settings, ''), pino({ level: 'warn' }, { write }));
  started.catch(() => undefined);
  return { log, started, waits: () => log.filter((line) => line.includes('"database.waiting"')) };
}

const isReady = async () => (await fetch(`${server?.address}/readyz`)).status === 200;

it('a server whose PostgreSQL is not there yet comes up by itself when it is', async () => {
  await postgres.end('SIGINT');
  const { started, waits } = starting();
  await until('it waits', () => waits().length > 0, 30_000);
  await postgres.start();
  server = await started;
  await until('it is ready', isReady);
  expect(waits()).toEqual([expect.stringMatching(/"reason":"connect E/)]);
});

it('so does one whose PostgreSQL is killed in the middle of its start', async () => {
  const other = new Client(postgres.url);
  other.on('error', () => undefined);
  await other.connect();
  await other.query(`SELECT ${MIGRATIONS}`);
  const { log, started, waits } = starting();
  await until('it has connected', () => log.join('').includes('"migrations.waiting'));
  await postgres.end('SIGKILL');
  await until('it waits', () => waits().length > 0, 30_000);
  await postgres.start();
  server = await started;
  await until('it is ready', isReady);
  expect(waits()).toHaveLength(1);
});
