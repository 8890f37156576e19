import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fromRoot, run, StepFailed } from './process.mjs';

/** Runs `npm ci` unless node_modules is what package-lock.json asks for. */
export async function install() {
  const installed = readLock('node_modules/.package-lock.json');
  if (installed && isSatisfied(readLock('package-lock.json'), installed)) return;
  console.error(installed ? 'Updating packages ...' : 'Installing packages (first run) ...');
  // Dev packages whatever NODE_ENV says: the build needs the compiler. Standard output stays the server's.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = await npm(args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (code !== 0) throw new StepFailed('npm ci did not succeed; its message is above.', code);
}

/** npm writes its own account of node_modules last of all, so an interrupted install has none. */
function isSatisfied(wanted, installed) {
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    // Optional packages of other machines are never installed.
    if (path === '' || (optional && !installed[path])) return true;
    return installed[path]?.version === version;
  });
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(fromRoot(path), 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The npm we were started by, else the one on the path. */
function npm(args, options) {
  const started = process.env.npm_execpath;
  if (started && basename(started).startsWith('npm')) {
    return run(process.execPath, [started, ...args], options);
  }
  const windows = process.platform === 'win32';
  return run(windows ? 'npm.cmd' : 'npm', args, { ...options, shell: windows });
}
