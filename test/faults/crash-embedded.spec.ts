import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { isAlive } from '../../src/database/embedded/processes.js';
import { Client } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { missing } from './crash.fixture.js';
import { Story } from '../e2e/deliver.fixture.js';
import { keysOf, Load } from '../e2e/load.fixture.js';

jest.setTimeout(60_000);

let folder: string;
let receiver: Receiver;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bugle-embedded-'));
  receiver = await Receiver.start({ delayMs: 5 });
});
afterAll(async () => {
  await receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

const fileIn = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
const postgresId = () => Number(fileIn('postgres', 'data', 'postmaster.pid').split('\n')[0]);

it('with a database of its own, a server that was killed finds everything again', async () => {
  const settings = {
    PORT: '0',
    BUGLE_DATA_DIR: folder,
    BUGLE_LOG_LEVEL: 'warn',
    BUGLE_SWEEP_INTERVAL_MS: '50',
  };
  const first = await ServerProcess.start(settings);
  const key = fileIn('admin-key').trim();
  expect(first.stdout).toContain(key);
  const postgres = [postgresId()];
  const api = new Client(first.address, key);
  const webhook = await new Story(api).webhook(receiver.url);
  const load = new Load(api, keysOf(600));
  await until(
    'some is delivered',
    () => load.accepted.length > 200 && receiver.requests.length > 50,
  );
  await first.kill('SIGKILL');
  await load.ended;
  expect(missing(load.eventIds, receiver).length).toBeGreaterThan(0);

  const second = await ServerProcess.start(settings);
  postgres.push(postgresId());
  expect(second.stdout).not.toContain('Admin key');
  const again = new Client(second.address, key);
  expect((await again.get(`/v1/webhooks/${webhook.id}`)).status).toBe(200);
  await until('all is delivered', () => missing(load.eventIds, receiver).length === 0, 30_000);

  expect(await second.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(postgres.filter(isAlive)).toEqual([]);
});
