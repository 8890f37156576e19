import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../../startup-error.js';
import { isErrno } from './errno.js';
import { isAlive, startTimeOf } from './processes.js';

interface Owner {
  pid: number;
  startTime: string | undefined;
}

/**
 * Makes this process the only Bugle on a data folder, by `server.json` in it. What a crash left is taken over.
 * @returns releases the folder
 * @throws StartupError when a living process holds it
 */
export function lockDataFolder(dataDir: string): () => void {
  const file = join(dataDir, 'server.json');
  const draft = `${file}.${process.pid}`;
  const owner: Owner = { pid: process.pid, startTime: startTimeOf(process.pid) };
  const mine = JSON.stringify(owner);
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    while (!claim(draft, file)) evictTheDead(file, dataDir);
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (readIfThere(file) === mine) rmSync(file, { force: true });
  };
}

/** A hard link appears with its content or not at all, so nobody ever reads half a lock. */
function claim(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

function evictTheDead(file: string, dataDir: string): void {
  const held = readIfThere(file);
  if (held === undefined) return;
  const owner = parseOwner(held);
  if (owner && stillRuns(owner)) {
    throw new StartupError(
      'BUGLE_DATA_DIR',
      `${dataDir} is in use by another Bugle (process ${owner.pid}). Stop that one, or give this one a folder of its own.`,
    );
  }
  const aside = `${file}.stale.${process.pid}`;
  if (!moved(file, aside)) return;
  // Between reading and moving another newcomer may have claimed the folder: then it is his lock, give it back.
  if (readIfThere(aside) === held) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

/** An owner whose start time cannot be compared counts as running: better one error too many than two servers. */
function stillRuns(owner: Owner): boolean {
  if (!isAlive(owner.pid)) return false;
  const startTime = startTimeOf(owner.pid);
  return !startTime || !owner.startTime || startTime === owner.startTime;
}

function parseOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isOwner(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isOwner(value: unknown): value is Owner {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    Number.isInteger(value.pid) &&
    (!('startTime' in value) || typeof value.startTime === 'string')
  );
}

function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
