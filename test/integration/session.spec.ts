import { EventEmitter, once } from 'node:events';
import { Client } from 'pg';
import pino from 'pino';
import { DatabaseSession } from '../../src/database/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

let database: TestDatabase;
/** A connection of somebody else. */
let other: Client;
let session: DatabaseSession;
let logged: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  other = new Client(database.connection);
  await other.connect();
});
afterAll(async () => {
  await other.end();
  await database.drop();
});
beforeEach(async () => {
  logged = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
  session = new DatabaseSession(database.connection, 'bugle', logger);
  await session.open();
});
afterEach(() => session.close());

const OURS = `FROM pg_stat_activity WHERE application_name = 'bugle session' AND datname = current_database()`;

async function connections(): Promise<number> {
  return (await other.query(`SELECT ${OURS}`)).rows.length;
}

const cutOff = () => other.query(`SELECT pg_terminate_backend(pid) ${OURS}`);

it('listens again after its connection was lost', async () => {
  const heard: string[] = [];
  await session.listen('news', (payload) => heard.push(payload));
  await session.notify(other, 'news', 'before');
  await until('it is heard', () => heard.length === 1);
  await cutOff();
  await until('it is restored', () => logged.some((line) => line.includes('session_restored')));
  await session.notify(other, 'news', 'after');
  await until('it is heard', () => heard.length === 2);
  expect(heard).toEqual(['before', 'after']);
});

it('keeps one connection, also where setting up fails at a reconnect', async () => {
  let times = 0;
  await session.onConnect(() => {
    times += 1;
    return times === 2 ? Promise.reject(new Error('once')) : Promise.resolve();
  });
  await cutOff();
  await until('it is restored', () => logged.some((line) => line.includes('session_restored')));
  expect(times).toBe(3);
  expect(await connections()).toBe(1);
});

/** A set-up that passes at first and, when the session reconnects, is held until the test lets it go on. */
function heldSetup(onRun: () => void) {
  const gate = new EventEmitter();
  let times = 0;
  return {
    setup: async () => {
      onRun();
      if (++times > 1) await once(gate, 'open');
    },
    proceed: () => gate.emit('open'),
  };
}

it('runs a set-up that is added while it reconnects', async () => {
  const ran: string[] = [];
  const { setup, proceed } = heldSetup(() => ran.push('first'));
  await session.onConnect(setup);
  await cutOff();
  await until('it reconnects', () => ran.length === 2);
  await session.onConnect(() => Promise.resolve(void ran.push('added')));
  expect(ran).toEqual(['first', 'first']);
  proceed();
  await until('it is restored', () => logged.some((line) => line.includes('session_restored')));
  expect(ran).toEqual(['first', 'first', 'added']);
});

it('leaves nothing behind when it is closed while it reconnects', async () => {
  let times = 0;
  const { setup, proceed } = heldSetup(() => (times += 1));
  await session.onConnect(setup);
  await cutOff();
  await until('it reconnects', () => times === 2);
  const closed = session.close();
  proceed();
  await closed;
  expect(await until('none is left', async () => (await connections()) === 0)).toBe(true);
});

it('outlives a handler that throws, and calls the others', async () => {
  const heard: string[] = [];
  await session.listen('news', () => {
    throw new Error('bad news');
  });
  await session.listen('news', (payload) => heard.push(payload));
  await session.notify(other, 'news', 'hello');
  await until('the other handler is called', () => heard.length === 1);
  expect(logged.join('')).toContain('database.notification_failed');
});
