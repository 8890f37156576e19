import { randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { Client } from 'pg';
import pino from 'pino';
import { loadConfig } from '../../src/config/index.js';
import { type RunningServer, start } from '../../src/startup/start.js';
import { LossyWay } from '../support/lossy-way.js';
import { OwnPostgres } from '../support/own-postgres.js';
import type { Settings } from '../support/server-process.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

/** While another session has it, a start waits before it prepares the tables. */
const MIGRATIONS = `pg_advisory_lock(hashtext('bugle migrations of bugle'))`;

let postgres: OwnPostgres;
let server: RunningServer | undefined;
let way: LossyWay | undefined;

beforeEach(async () => {
  postgres = await OwnPostgres.start();
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  way?.close();
  way = undefined;
});

/** A server that starts, and what its log says from `warn` on. */
function starting(differences: Settings = {}) {
  const log: string[] = [];
  const write = (line: string) => void log.push(line);
  const settings = {
    DATABASE_URL: postgres.url,
    BUGLE_MASTER_KEY: randomBytes(32).toString('base64'),
    PORT: '0',
    BUGLE_SHUTDOWN_GRACE_MS: '0',
    ...differences,
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

it('so does one whose PostgreSQL falls silent in the middle of a migration, and nobody hangs up', async () => {
  way = await LossyWay.to(postgres.url);
  const other = new Client(postgres.url);
  await other.connect();
  await other.query('BEGIN; CREATE SCHEMA bugle');
  const { started, waits } = starting({ DATABASE_URL: way.url });
  const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'CREATE SCHEMA%'`;
  await until('it migrates', async () => (await postgres.query(waiting)).length > 0, 30_000);
  way.silence();
  await other.query('ROLLBACK');
  await other.end();
  await until('it waits', () => waits().length > 0, 60_000);
  way.speak();
  server = await started;
  await until('it is ready', isReady);
  expect(waits()).toEqual([expect.stringContaining('said nothing for too long')]);
});

const isKey = (text: string) => text.includes('INSERT INTO "bugle"."api_keys"');

describe('a first start that does not hear whether its admin key was stored', () => {
  it('shows the key all the same', async () => {
    way = await LossyWay.to(postgres.url);
    way.loseAnswerToCommitOf(isKey);
    const { started, waits } = starting({ DATABASE_URL: way.url });
    server = await started;
    expect(waits()).toHaveLength(1);
    const headers = { authorization: `Bearer ${server.adminKey?.key}` };
    expect((await fetch(`${server.address}/v1/workspace`, { headers })).status).toBe(200);
  });

  it('says how to get in where it does not try again', async () => {
    way = await LossyWay.to(postgres.url);
    way.loseAnswerToCommitOf(isKey);
    const { started } = starting({ DATABASE_URL: way.url, BUGLE_START_WAIT_MS: '0' });
    await expect(started).rejects.toThrow(
      /first admin key.*set BUGLE_ADMIN_KEY to one of your own/,
    );
  });
});
