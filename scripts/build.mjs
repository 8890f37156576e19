import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { captureNode, fromRoot, packageProgram, StepFailed } from './process.mjs';

const dist = fromRoot('dist');

/** What the programs in our own folders write: no input of a build. */
const written = new Set([fromRoot('bench/results')]);

const serverInputs = ['src', 'ormconfig.ts', 'tsconfig.json', 'package-lock.json'];

/**
 * Both projects write to dist. `stamp` is a file that says when a project was last built, `coveredBy` the stamps
 * whose build contains this project's output, `notes` the compiler's own memory of what it has written.
 */
const projects = {
  'tsconfig.build.json': {
    inputs: [...serverInputs, 'tsconfig.build.json'],
    stamp: '.built-server',
    coveredBy: ['.built-server', '.built-all'],
    notes: '.tsbuildinfo-build',
  },
  'tsconfig.json': {
    inputs: [...serverInputs, 'test', 'bench', 'examples'],
    stamp: '.built-all',
    coveredBy: ['.built-all'],
    notes: '.tsbuildinfo',
  },
};

/** Compiles a project to dist, unless nothing has changed since that was done. */
export async function build(name) {
  const { inputs, coveredBy, stamp } = projects[name];
  const changed = Math.max(...inputs.map((input) => newestChange(fromRoot(input))));
  if (coveredBy.some((file) => timeOf(join(dist, file)) > changed)) return;
  console.error(existsSync(dist) ? 'Building ...' : 'Building (first run) ...');
  const begun = new Date();
  forgetNotes(removeOrphans() ? Object.keys(projects) : others(name));
  const { code, output } = await captureNode([packageProgram('typescript', 'tsc'), '-p', name]);
  if (code !== 0) throw new StepFailed(`${output.trimEnd()}\nThe build did not succeed.`);
  markBuilt(stamp, begun);
}

/** A folder's own time counts: it changes when a file in it is added, renamed or deleted. */
function newestChange(path) {
  if (written.has(path)) return 0;
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  const below = readdirSync(path).map((name) => newestChange(join(path, name)));
  return Math.max(stat.mtimeMs, ...below);
}

function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1;
}

/** The time the build began: what was edited while it ran is newer. */
function markBuilt(stamp, begun) {
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(dist, stamp), '');
  utimesSync(join(dist, stamp), begun, begun);
}

/** The other project's notes would speak of files that this build overwrites: after an undone edit it would keep ours. */
function others(name) {
  return Object.keys(projects).filter((other) => other !== name);
}

function forgetNotes(names) {
  for (const name of names) rmSync(join(dist, projects[name].notes), { force: true });
}

/** A deleted spec must not live on in dist. */
function removeOrphans() {
  const orphans = filesBelow('dist').filter(
    (file) => /\.js(\.map)?$/.test(file) && !hasSource(file),
  );
  for (const file of orphans) rmSync(fromRoot(file));
  return orphans.length > 0;
}

function hasSource(file) {
  const source = file.replace(/^dist[\\/]/, '').replace(/\.js(\.map)?$/, '.ts');
  return existsSync(fromRoot(source));
}

function filesBelow(directory) {
  if (!existsSync(fromRoot(directory))) return [];
  return readdirSync(fromRoot(directory), { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
