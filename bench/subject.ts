import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BaselineSettings } from './baseline/main.js';
import { Receiver } from './load/receiver.js';
import type { BenchPostgres, Database } from './postgres.js';
import { EVENT_TYPE, type Scenario } from './scenarios.js';
import { freePort, ServerProcess } from './server-process.js';

/** Which of the two programs is measured. */
export type ProgramName = 'baseline' | 'bugle';

/** A fresh server on a fresh database, with one rule and a receiver. */
export interface Subject {
  readonly server: ServerProcess;
  readonly database: Database;
  readonly receiver: Receiver;
  /** API key. */
  readonly key: string;
  stop(): Promise<void>;
}

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const KEY = `bench_${randomBytes(24).toString('hex')}`;
const ATTEMPTS = { baseline: 'attempts', bugle: 'bugle.attempts' };

/** Starts one of the programs, ready for events of the scenario. */
export async function startSubject(
  name: ProgramName,
  scenario: Scenario,
  { postgres, folder }: { postgres: BenchPostgres; folder: string },
): Promise<Subject> {
  const database = await postgres.createDatabase(ATTEMPTS[name]);
  const receiver = await Receiver.start(SECRET);
  const port = await freePort();
  const place = { port, databaseUrl: database.url };
  const programs = {
    baseline: () =>
      baseline({
        ...place,
        key: KEY,
        scenario: scenario.name,
        secret: SECRET,
        target: receiver.url,
      }),
    bugle: () => bugle(place),
  };
  const server = await ServerProcess.start({
    ...programs[name](),
    port,
    cwd: folder,
    logFile: join(folder, `${name}.log`),
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await receiver.stop();
    await database.drop();
  };
  if (name === 'bugle') await register(server.address, scenario, receiver.url);
  return { server, database, receiver, key: KEY, stop };
}

function baseline(settings: BaselineSettings) {
  return {
    file: join(import.meta.dirname, 'baseline', 'main.js'),
    env: { BASELINE: JSON.stringify(settings) },
  };
}

/** As shipped: every setting that is not about where it runs keeps its default. */
function bugle({ port, databaseUrl }: { port: number; databaseUrl: string }) {
  return {
    file: join(import.meta.dirname, '..', 'src', 'main.js'),
    env: {
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      BUGLE_MASTER_KEY: randomBytes(32).toString('base64'),
      BUGLE_ADMIN_KEY: KEY,
      BUGLE_ALLOW_NETWORKS: '127.0.0.0/8',
    },
  };
}

async function register(address: string, { automation }: Scenario, url: string): Promise<void> {
  const events = automation ? [] : [EVENT_TYPE];
  const { id } = await create(`${address}/v1/webhooks`, {
    name: 'target',
    url,
    secret: SECRET,
    events,
  });
  if (!automation) return;
  const rule = { name: 'rule', triggers: [EVENT_TYPE], webhookId: id, ...automation };
  await create(`${address}/v1/automations`, rule);
}

async function create(url: string, body: object): Promise<{ id: string }> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201)
    throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as { id: string };
}
