import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StartupError } from '../../startup-error.js';
import type { Binaries } from './binaries.js';
import { commandFor, type Privileges } from './privileges.js';

/** The one folder the database's account owns: PostgreSQL's data, its socket, and the password to it. */
export interface Cluster {
  readonly dir: string;
  /** PGDATA. */
  readonly data: string;
  readonly passwordFile: string;
}

/** The only PostgreSQL role; it owns everything. */
export const superuser = 'bugle';

/** Where the parts of a cluster are. */
export function clusterIn(dir: string): Cluster {
  return { dir, data: join(dir, 'data'), passwordFile: join(dir, 'password') };
}

/**
 * Creates the cluster unless it is there. It is built beside its place and renamed, so that a crash on the way
 * leaves nothing that looks like a cluster.
 * @returns whether it was created now
 * @throws StartupError when it belongs to another major version or cannot be created
 */
export async function ensureCluster(
  cluster: Cluster,
  binaries: Binaries,
  privileges: Privileges,
): Promise<boolean> {
  removePartials(cluster);
  if (existsSync(cluster.dir)) {
    checkVersion(cluster, binaries);
    return false;
  }
  const partial = clusterIn(`${cluster.dir}.partial-${randomBytes(4).toString('hex')}`);
  try {
    prepareFolder(partial, privileges);
    await initialise(partial, binaries, privileges);
    renameSync(partial.dir, cluster.dir);
  } finally {
    rmSync(partial.dir, { recursive: true, force: true });
  }
  return true;
}

function removePartials({ dir }: Cluster): void {
  const parent = dirname(dir);
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(`${basename(dir)}.partial-`)) continue;
    rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

function checkVersion(cluster: Cluster, { major }: Binaries): void {
  const file = join(cluster.data, 'PG_VERSION');
  const found = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  if (found === major) return;
  if (found === undefined) {
    throw new StartupError(
      'BUGLE_DATA_DIR',
      `${cluster.dir} is not a PostgreSQL cluster (no data/PG_VERSION). Move it away, or choose another folder.`,
    );
  }
  throw new StartupError(
    'BUGLE_DATA_DIR',
    `The data in ${cluster.dir} was written by PostgreSQL ${found}, and this Bugle brings PostgreSQL ${major}. ` +
      `Carry it over with pg_dump of version ${found}, go back to the Bugle that wrote it, or choose another folder.`,
  );
}

function prepareFolder(cluster: Cluster, { account }: Privileges): void {
  mkdirSync(cluster.dir, { mode: 0o700 });
  writeFileSync(cluster.passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (!account) return;
  for (const path of [cluster.dir, cluster.passwordFile]) {
    chownSync(path, account.uid, account.gid);
  }
}

/** Everybody needs the password, on the socket too: then no file mode alone keeps other users out. */
async function initialise(
  cluster: Cluster,
  binaries: Binaries,
  privileges: Privileges,
): Promise<void> {
  const { file, args, options } = commandFor(privileges, binaries.initdb, [
    `--pgdata=${cluster.data}`,
    `--username=${superuser}`,
    '--auth=scram-sha-256',
    `--pwfile=${cluster.passwordFile}`,
    '--encoding=UTF8',
    // The same order of strings on every machine, whatever its locale.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
  ]);
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  throw new StartupError(
    'BUGLE_DATA_DIR',
    `PostgreSQL could not create its data in ${dirname(cluster.dir)}: ${complaint.trim() || `exit code ${code}`}`,
  );
}
