import { spawnSync, type SpawnOptions } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { StartupError } from '../../startup-error.js';

/** An account of the operating system. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** As whom PostgreSQL's programs run. PostgreSQL refuses to run as root. */
export interface Privileges {
  /** Undefined when we are not root: they then run as ourselves. */
  readonly account?: Account;
  /** A Linux capability the account keeps, so that it gets through folders only root may enter. */
  readonly capability?: string;
}

/** What to hand to child_process. */
export interface Command {
  readonly file: string;
  readonly args: string[];
  readonly options: Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'>;
}

/** Least power first: the second one is among those a root in a container has, the first is not. */
const capabilities = ['dac_read_search', 'dac_override'];
const accountNames = ['postgres', '_postgres', 'nobody'];
const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));

/**
 * Decides as whom to run. As root: the owner of the existing cluster, else `postgres` or `nobody`; that account
 * must be able to pass through the data folder, so the folder (never one above it) is opened for passing (--x).
 * @throws StartupError when root's folders cannot be passed by any means
 */
export function choosePrivileges(dataDir: string, clusterDir: string): Privileges {
  const owner = ownerOf(clusterDir);
  if (process.getuid?.() !== 0) return asOurselves(clusterDir, owner);
  const account = owner?.uid ? owner : systemAccount();
  chmodSync(dataDir, (statSync(dataDir).mode & 0o777) | 0o011);
  const candidates: Privileges[] = [{ account }];
  if (process.platform === 'linux' && setpriv) {
    candidates.push(...capabilities.map((capability) => ({ account, capability })));
  }
  const found = candidates.find((privileges) => canEnter(privileges, dataDir));
  if (found) return found;
  throw new StartupError(
    'BUGLE_DATA_DIR',
    `PostgreSQL does not run as root, and uid ${account.uid} cannot pass through the folders above ${dataDir}. ` +
      'Put the data where others may pass (such as /var/lib/bugle), start Bugle as an ordinary user, or set DATABASE_URL.',
  );
}

function asOurselves(clusterDir: string, owner: Account | undefined): Privileges {
  if (!owner || owner.uid === (process.getuid?.() ?? owner.uid)) return {};
  throw new StartupError(
    'BUGLE_DATA_DIR',
    `${clusterDir} belongs to another user (uid ${owner.uid}). Start Bugle as that user or as root, or choose another folder.`,
  );
}

/** How to run one of PostgreSQL's programs with these privileges. It is told to stop when this process dies. */
export function commandFor(privileges: Privileges, program: string, args: string[]): Command {
  // Nothing of our environment: it may hold our keys, and another account could read them from the child.
  const env = process.platform === 'win32' ? undefined : { LC_ALL: 'C', TZ: 'UTC' };
  const options = { cwd: '/', env };
  if (process.platform !== 'linux' || !setpriv) {
    return { file: program, args, options: { ...options, ...privileges.account } };
  }
  const { account, capability } = privileges;
  const wrapped = ['--pdeathsig', 'INT', ...keeping(privileges), program, ...args];
  return {
    file: setpriv,
    args: wrapped,
    options: capability ? options : { ...options, ...account },
  };
}

function keeping({ account, capability }: Privileges): string[] {
  if (!account || !capability) return [];
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  const kept = [`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`];
  // Without this bit access(2), with which initdb looks for its programs, ignores what is kept.
  return ['--securebits=+no_setuid_fixup', ...identity, ...kept];
}

/** Asks the kernel instead of computing modes, so that access lists and container rules count too. */
function canEnter(privileges: Privileges, dir: string): boolean {
  const command = commandFor(privileges, '/bin/sh', ['-c', 'cd "$1" && test -x "$1"', 'sh', dir]);
  return (
    spawnSync(command.file, command.args, { ...command.options, stdio: 'ignore' }).status === 0
  );
}

function ownerOf(clusterDir: string): Account | undefined {
  const stat = statSync(clusterDir, { throwIfNoEntry: false });
  return stat && { uid: stat.uid, gid: stat.gid };
}

function systemAccount(): Account {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of accountNames) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    // macOS writes nobody as -2.
    if (uid && gid) return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  }
  throw new StartupError(
    'DATABASE_URL',
    `PostgreSQL does not run as root, and this machine has none of the accounts ${accountNames.join(', ')}. ` +
      'Start Bugle as an ordinary user, or set DATABASE_URL.',
  );
}
