import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from '../../startup-error.js';
import type { Binaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import { pollMs, readPidFile, stopPostmaster } from './postmaster.js';
import { commandFor, type Privileges } from './privileges.js';
import { settingArguments } from './settings.js';

/** What a start needs to know. */
export interface Launch {
  readonly cluster: Cluster;
  readonly binaries: Binaries;
  readonly privileges: Privileges;
  readonly settings: Record<string, string>;
  /** Where PostgreSQL writes its messages; the previous run's are kept beside it as `.old`. */
  readonly logFile: string;
}

/** A PostgreSQL that takes connections. */
export interface Server {
  /** A folder with the socket, or an address. */
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Recovery after a crash is part of a start. */
const startLimitMs = 120_000;
/**
 * For this long a start is tried again when something of an earlier run, or another user of the port, is in the way: a
 * process that was killed counts as alive until somebody has taken note of its end.
 */
const retryForMs = 10_000;
const passing =
  /is still in use|lock file "postmaster\.pid" already exists|could not create any TCP\/IP sockets/;
/** macOS has the shorter limit: 104 bytes with the closing NUL. */
const socketPathLimit = 103;

/**
 * Starts PostgreSQL on a cluster and waits until it takes connections.
 * @throws StartupError with the last lines of its log when it does not
 */
export async function startServer(launch: Launch): Promise<Server> {
  const retryUntil = performance.now() + retryForMs;
  if (existsSync(launch.logFile)) renameSync(launch.logFile, `${launch.logFile}.old`);
  for (;;) {
    const place = await listenAt(launch.cluster);
    const child = spawnPostgres(launch, place);
    if (await becomesReady(child, launch.cluster)) return running(child, place, launch.binaries);
    await stopChild(child, launch.binaries);
    const complaint = lastLines(launch.logFile);
    if (passing.test(complaint) && performance.now() < retryUntil) continue;
    throw new StartupError(
      'BUGLE_DATA_DIR',
      `The embedded PostgreSQL did not start (${launch.logFile} has more):\n${complaint}`,
    );
  }
}

interface Place {
  host: string;
  port: number;
  args: string[];
}

/** A socket where its path is short enough and the system has them (twice as fast), else a port of this machine only. */
async function listenAt({ dir }: Cluster): Promise<Place> {
  const port = 5432;
  const socket = join(dir, `.s.PGSQL.${port}`);
  if (process.platform !== 'win32' && Buffer.byteLength(socket) <= socketPathLimit) {
    const args = ['listen_addresses=', `unix_socket_directories=${dir}`, `port=${port}`];
    return { host: dir, port, args: [...args, 'unix_socket_permissions=0700'] };
  }
  const host = '127.0.0.1';
  const free = await freePort(host);
  return {
    host,
    port: free,
    args: [`listen_addresses=${host}`, 'unix_socket_directories=', `port=${free}`],
  };
}

async function freePort(host: string): Promise<number> {
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}

/** In a process group of its own: Ctrl-C is for us, and PostgreSQL must outlive the work we still finish then. */
function spawnPostgres(launch: Launch, place: Place): ChildProcess {
  const { cluster, binaries, privileges, settings, logFile } = launch;
  const { file, args, options } = commandFor(privileges, binaries.postgres, [
    '-D',
    cluster.data,
    ...settingArguments(settings),
    ...place.args.flatMap((arg) => ['-c', arg]),
  ]);
  // It writes to the file itself: a pipe to us would break, and stop it, when we die.
  const log = openSync(logFile, 'a', 0o600);
  try {
    const stdio: StdioOptions = ['ignore', log, log];
    const child = spawn(file, args, { ...options, stdio, detached: true, windowsHide: true });
    child.once('error', (error) => appendFileSync(logFile, `${error.message}\n`));
    return child;
  } finally {
    closeSync(log);
  }
}

async function becomesReady(child: ChildProcess, cluster: Cluster): Promise<boolean> {
  const deadline = performance.now() + startLimitMs;
  while (performance.now() < deadline && isRunning(child)) {
    const file = readPidFile(cluster);
    if (file?.pid === child.pid && file?.status === 'ready') return true;
    await delay(pollMs);
  }
  return false;
}

function running(child: ChildProcess, { host, port }: Place, binaries: Binaries): Server {
  // A program that ends without stop() must not hang on us.
  child.unref();
  return { host, port, stop: () => stopChild(child, binaries) };
}

async function stopChild(child: ChildProcess, binaries: Binaries): Promise<void> {
  // Once it is gone its id may be somebody else's.
  if (child.pid !== undefined && isRunning(child)) await stopPostmaster(child.pid, binaries);
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
}
