import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bareEnvironment } from './bare-environment.js';
import type { Settings } from './server-process.js';

/** The environment variable that tells the test workers where the hosts are: addresses with spaces between them. */
const hostsVariable = 'BUGLE_TEST_HOSTS';
const program = join(import.meta.dirname, 'server-host-main.js');

const hosts: ChildProcess[] = [];

/** A change to the server's code: the URL of a module whose default export makes it, and answers how to undo it. */
export type Rig = string;

/** Rules are evaluated by threads that do as a template says: hang, for one, which no known template can. */
export const OBEDIENT_THREADS: Rig = new URL('./obedient-threads.js', import.meta.url).href;

/** A server that a host runs. */
export interface HostedServer {
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Starts processes that run servers, one for each Jest worker, so that a spec file has it to itself. Each loads the
 * code of the server once, when the first one is asked for, instead of once per spec file: that takes longer than
 * starting it.
 */
export async function startServerHosts(count: number): Promise<void> {
  const addresses = await Promise.all(Array.from({ length: count }, startHost));
  process.env[hostsVariable] = addresses.join(' ');
}

async function startHost(): Promise<string> {
  // In a folder without an .env file. It ends with us, however we end.
  const host = fork(program, { cwd: import.meta.dirname, env: bareEnvironment(), execArgv: [] });
  hosts.push(host);
  const [address] = (await once(host, 'message')) as unknown[];
  return String(address);
}

/** Ends them, with whatever they still run. */
export function stopServerHosts(): void {
  for (const host of hosts) host.kill('SIGKILL');
}

/** Starts a server in the process that belongs to this Jest worker. @throws Error with the reason when it does not start */
export async function startHosted(settings: Settings, rig?: Rig): Promise<HostedServer> {
  const address = await ask('POST', JSON.stringify({ settings, rig }));
  return { address, stop: async () => void (await ask('DELETE', address)) };
}

async function ask(method: string, body: string): Promise<string> {
  const response = await fetch(ownHost(), { method, body });
  const answer = await response.text();
  if (!response.ok) throw new Error(answer);
  return answer;
}

function ownHost(): string {
  const addresses = process.env[hostsVariable]?.split(' ');
  const address = addresses?.[Number(process.env.JEST_WORKER_ID) - 1];
  if (!address) throw new Error(`${hostsVariable} is not set: Jest's globalSetup did not run.`);
  return address;
}
