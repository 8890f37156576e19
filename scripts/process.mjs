import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** An absolute path, from one that is relative to the repository. */
export function fromRoot(path) {
  return join(root, path);
}

/** A step did not succeed and has said why: the message is all there is to print. */
export class StepFailed extends Error {
  name = 'StepFailed';

  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The JavaScript file of a package's command line program. */
export function packageProgram(name, program = name) {
  const directory = join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  return join(directory, typeof bin === 'string' ? bin : bin[program]);
}

/** Runs Node on a file in the repository's folder. Resolves to its exit code, 128 + n for a signal. */
export function runNode(args, options = {}) {
  return run(process.execPath, args, options);
}

/** Like runNode for any program. Signals that reach only us are passed on; we end when it has ended. */
export function run(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward).on('SIGTERM', forward);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** Like runNode, but keeps what it prints. */
export async function captureNode(args) {
  let output = '';
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, output };
}
