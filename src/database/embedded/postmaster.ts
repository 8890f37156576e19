import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from '../../startup-error.js';
import type { Binaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import { commandLineOf, isAlive } from './processes.js';

/** How often a running postmaster is looked at, in milliseconds. */
export const pollMs = 10;

/** Fast shutdown, then immediate shutdown (recovery at the next start), then by force; each with its time limit. */
const escalation = [
  { signal: 'INT', limitMs: 8000 },
  { signal: 'QUIT', limitMs: 3000 },
  { signal: 'KILL', limitMs: 2000 },
];

/** What PostgreSQL says about itself in `postmaster.pid`. */
export interface PidFile {
  readonly pid: number;
  /** `starting`, `ready`, `stopping`. */
  readonly status: string;
  readonly port: number;
  /** Folder of the socket, or '' when it listens on a port only. */
  readonly socketDir: string;
}

/** Reads `postmaster.pid`; undefined when there is none or it is not complete yet. */
export function readPidFile({ data }: Cluster): PidFile | undefined {
  const file = pidFileOf(data);
  if (!existsSync(file)) return undefined;
  const [pid, , , port, socketDir = '', , , status = ''] = readFileSync(file, 'utf8').split('\n');
  if (!Number(pid)) return undefined;
  return { pid: Number(pid), status: status.trim(), port: Number(port), socketDir };
}

/**
 * Stops a postmaster whose Bugle was killed. The caller holds the lock of the data folder, so no living Bugle owns it.
 * Never touches a process that is not certainly a PostgreSQL on this cluster: ids are given out again.
 */
export async function stopLeftover(cluster: Cluster, binaries: Binaries): Promise<void> {
  const left = readPidFile(cluster);
  // PostgreSQL itself removes the file of a dead one, and knows better than we do when that is safe.
  if (!left || !isAlive(left.pid)) return;
  const verdict = judge(commandLineOf(left.pid), cluster);
  if (verdict === 'ours') return stopPostmaster(left.pid, binaries);
  if (verdict === 'foreign') {
    rmSync(pidFileOf(cluster.data), { force: true });
    return;
  }
  throw new StartupError(
    'BUGLE_DATA_DIR',
    `Process ${left.pid} may be a PostgreSQL that still uses ${cluster.data}. Stop it; if it is something else, ` +
      `delete ${pidFileOf(cluster.data)}.`,
  );
}

function judge(commandLine: string | undefined, { data }: Cluster): 'ours' | 'foreign' | 'unclear' {
  if (commandLine === undefined) return 'unclear';
  const plain = commandLine.replaceAll('"', '').replace('postgres.exe', 'postgres');
  if (plain.includes(`postgres -D ${data} `)) return 'ours';
  // Some PostgreSQL: one of another cluster, or ours whose folder was moved while it ran.
  return /(^|[\\/])postgres([: ]|$)/.test(plain) ? 'unclear' : 'foreign';
}

/** Stops a postmaster and waits until it is gone. */
export async function stopPostmaster(pid: number, binaries: Binaries): Promise<void> {
  for (const { signal, limitMs } of escalation) {
    send(signal, pid, binaries);
    if (await endsWithin(pid, limitMs)) return;
  }
  throw new Error(`PostgreSQL (process ${pid}) does not stop.`);
}

/** Windows has no signals; PostgreSQL listens on a pipe instead, which pg_ctl knows. */
function send(signal: string, pid: number, { pgCtl }: Binaries): void {
  if (process.platform === 'win32') {
    spawnSync(pgCtl, ['kill', signal, String(pid)], { stdio: 'ignore' });
    return;
  }
  try {
    process.kill(pid, `SIG${signal}`);
  } catch (error) {
    if (isAlive(pid)) throw error;
  }
}

async function endsWithin(pid: number, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await delay(pollMs);
  }
  return true;
}

function pidFileOf(data: string): string {
  return join(data, 'postmaster.pid');
}
