import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BaselineSettings } from './baseline/main.js';
import { Receiver } from './load/receiver.js';
import type { BenchPostgres, Database } from './postgres.js';
import { EVENT_TYPE, type Scenario } from './scenarios.js';
import { freePort, ServerProcess } from './server-process.js';

/** Which of the two programs is measured. */
export type ProgramName = 'baseline' | 'bugle';

/** What is started. */
export interface Setup {
  name: ProgramName;
  scenario: Scenario;
  /** Settings of Bugle that are not as shipped. */
  env?: Record<string, string>;
  /** Webhooks that get each event, on the one receiver; 1 where it is not said. */
  webhooks?: number;
  /** Further targets that get each event. */
  others?: readonly string[];
  /** Processes that only send, next to one that only takes events in; where it is not said, one does it all. */
  workers?: number;
}

/** A fresh server on a fresh database, with its rules and a receiver. */
export interface Subject {
  readonly server: ServerProcess;
  readonly database: Database;
  readonly receiver: Receiver;
  /** API key. */
  readonly key: string;
  stop(): Promise<void>;
}

interface Place {
  postgres: BenchPostgres;
  folder: string;
}

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const KEY = `bench_${randomBytes(24).toString('hex')}`;
const ATTEMPTS = { baseline: 'attempts', bugle: 'bugle.attempts' };

/** Starts what is asked for, ready for events of the scenario. */
export async function startSubject(setup: Setup, { postgres, folder }: Place): Promise<Subject> {
  const { name, scenario, webhooks = 1, others = [] } = setup;
  const database = await postgres.createDatabase(ATTEMPTS[name]);
  const receiver = await Receiver.start(SECRET);
  const programs =
    name === 'baseline'
      ? [baseline({ scenario: scenario.name, target: receiver.url, databaseUrl: database.url })]
      : bugles(setup, database.url);
  const servers: ServerProcess[] = [];
  for (const program of programs) {
    servers.push(await startProgram(program, join(folder, `${name}.log`), folder));
  }
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
    await receiver.stop();
    await database.drop();
  };
  const [server] = servers;
  if (!server) throw new Error('Nothing was started.');
  if (name === 'bugle') {
    const targets = [...Array.from({ length: webhooks }, () => receiver.url), ...others];
    for (const url of targets) await register(server.address, scenario, url);
  }
  return { server, database, receiver, key: KEY, stop };
}

interface Runnable {
  file: string;
  envAt: (port: number) => Record<string, string>;
}

async function startProgram({ file, envAt }: Runnable, logFile: string, cwd: string) {
  const port = await freePort();
  return ServerProcess.start({ file, env: envAt(port), port, cwd, logFile });
}

function baseline(settings: Omit<BaselineSettings, 'port' | 'key' | 'secret'>): Runnable {
  return {
    file: join(import.meta.dirname, 'baseline', 'main.js'),
    envAt: (port) => ({
      BASELINE: JSON.stringify({ ...settings, port, key: KEY, secret: SECRET }),
    }),
  };
}

/** As shipped: every setting that is neither about where it runs nor asked for keeps its default. */
function bugles({ env = {}, workers }: Setup, databaseUrl: string): Runnable[] {
  const masterKey = randomBytes(32).toString('base64');
  const roles =
    workers === undefined ? ['all'] : ['api', ...Array.from({ length: workers }, () => 'worker')];
  return roles.map((role) => ({
    file: join(import.meta.dirname, '..', 'src', 'main.js'),
    envAt: (port) => ({
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      BUGLE_ROLE: role,
      BUGLE_MASTER_KEY: masterKey,
      BUGLE_ADMIN_KEY: KEY,
      BUGLE_ALLOW_NETWORKS: '127.0.0.0/8',
      ...env,
    }),
  }));
}

let registered = 0;

async function register(address: string, { automation }: Scenario, url: string): Promise<void> {
  const events = automation ? [] : [EVENT_TYPE];
  const number = ++registered;
  const { id } = await create(`${address}/v1/webhooks`, {
    name: `target ${number}`,
    url,
    secret: SECRET,
    events,
  });
  if (!automation) return;
  const rule = { name: `rule ${number}`, triggers: [EVENT_TYPE], webhookId: id, ...automation };
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
