// npm start, npm test and their like: installs and builds what is missing, then runs the real thing.
// Plain JavaScript with no dependencies, because it runs on a bare clone.
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { check } from './check.mjs';
import { install } from './install.mjs';
import { fromRoot, packageProgram, runNode, StepFailed } from './process.mjs';

const [command = '', ...args] = process.argv.slice(2);

const commands = {
  start: () => load('tsconfig.build.json', 'dist/src/main.js'),
  test: () => runTests('jest.config.mjs'),
  faults: runFaults,
  demo: () => load('tsconfig.json', 'dist/examples/demo.js'),
  bench: () => load('tsconfig.json', 'dist/bench/main.js'),
  openapi: () => load('tsconfig.build.json', 'dist/src/openapi-file.js'),
  migrate: runMigrations,
  retention: () => load('tsconfig.build.json', 'dist/src/retention-run.js'),
  check,
};

requireNode(20, 19);
if (!Object.hasOwn(commands, command)) {
  fail(`Usage: node scripts/run.mjs ${Object.keys(commands).join('|')} [arguments]`);
}
if (command === 'migrate') refuseOtherMigrations(args[0]);
try {
  await install();
  await commands[command]();
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  fail(error.message, error.exitCode);
}

/**
 * Runs a compiled program in this very process: one process less in memory, and every signal, whether it is sent
 * to the terminal's group, to npm or to us, arrives where it is handled.
 */
async function load(project, program, given = args) {
  await build(project);
  const file = fromRoot(program);
  if (!existsSync(file)) fail(`There is no ${program} yet.`);
  process.argv = [process.argv[0], file, ...given];
  process.setSourceMapsEnabled(true);
  if (process.env.npm_lifecycle_event) stopWhenOrphaned();
  await import(pathToFileURL(file).href);
}

/** npm runs us through a shell, and some shells die of a SIGTERM to npm without passing it on. */
function stopWhenOrphaned() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  watch.unref();
}

/** `--long`: many faults, at random; the test files read it from the environment. */
function runFaults() {
  const long = args.indexOf('--long');
  if (long >= 0) {
    args.splice(long, 1);
    process.env.BUGLE_TEST_FAULTS = 'long';
  }
  return runTests('jest.faults.config.mjs');
}

async function runTests(config) {
  await build('tsconfig.json');
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const inherited = process.env.NODE_OPTIONS ? [process.env.NODE_OPTIONS] : [];
  process.exitCode = await runNode(
    [packageProgram('jest'), '--config', fromRoot(config), ...args],
    {
      // In the environment, so that Jest's workers have them too.
      env: { ...process.env, NODE_OPTIONS: [...inherited, ...options].join(' ') },
    },
  );
}

/** The TypeORM command line knows more than that, dropping all tables among it. */
function refuseOtherMigrations(action = 'run') {
  if (action.startsWith('-') || ['run', 'show', 'revert'].includes(action)) return;
  fail(
    `There is no "migrate ${action}": use migrate (which runs what is pending), migrate show or migrate revert.`,
  );
}

/** `migrate` runs what is pending, one process after the other; `migrate show` and `migrate revert` go to the TypeORM command line. */
async function runMigrations() {
  const [action = 'run', ...rest] = args;
  const isRun = action === 'run';
  if (isRun || action.startsWith('-')) {
    return load('tsconfig.build.json', 'dist/src/migrate-run.js', isRun ? rest : args);
  }
  await build('tsconfig.build.json');
  const typeorm = [fromRoot('node_modules/typeorm/cli.js'), `migration:${action}`];
  process.exitCode = await runNode([...typeorm, '-d', fromRoot('dist/ormconfig.js'), ...rest]);
}

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  fail(`Bugle needs Node.js ${major}.${minor} or newer; this is ${process.versions.node}.`);
}

function fail(message, code = 1) {
  console.error(message);
  process.exit(code);
}
