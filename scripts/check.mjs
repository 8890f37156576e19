import { existsSync, readFileSync } from 'node:fs';
import { build } from './build.mjs';
import { captureNode, fromRoot, packageProgram, StepFailed } from './process.mjs';

/** Everything that can be said about the code without running the tests. Each throws StepFailed. */
const steps = {
  'lock file': checkLockFile,
  format: () => succeed([packageProgram('prettier'), '--check', '--log-level=warn', '.']),
  lint: () => succeed([packageProgram('oxlint'), '--type-aware']),
  types: () => build('tsconfig.json'),
  'import arrows': checkArrows,
  'OpenAPI file': checkOpenApi,
};

/** Runs the steps one after the other and stops at the first that fails, with its output. */
export async function check() {
  for (const [name, step] of Object.entries(steps)) {
    const begun = performance.now();
    try {
      await step();
      report('ok', name, begun);
    } catch (error) {
      report('FAILED', name, begun);
      throw error;
    }
  }
}

function report(outcome, name, begun) {
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${outcome.padEnd(6)}  ${name.padEnd(14)} ${seconds.padStart(5)} s`);
}

async function succeed(args) {
  const { code, output } = await captureNode(args);
  if (code !== 0) throw new StepFailed(output.trimEnd());
}

/** A download address belongs to one machine's registry; without it npm asks the registry that is configured. */
function checkLockFile() {
  if (!readFileSync(fromRoot('package-lock.json'), 'utf8').includes('"resolved": "http')) return;
  throw new StepFailed(
    'package-lock.json holds download addresses. Remove its "resolved" lines, and set ' +
      'omit-lockfile-registry-resolved=true in your npm settings.',
  );
}

function checkArrows() {
  const config = ['--config', '.dependency-cruiser.cjs', '--output-type', 'err'];
  return succeed([packageProgram('dependency-cruiser', 'depcruise'), 'src', ...config]);
}

/** The file is generated from the code and committed, so that a change of the API shows in the diff. */
async function checkOpenApi() {
  const committed = readOpenApi();
  await succeed([fromRoot('dist/src/openapi-file.js')]);
  if (readOpenApi() === committed) return;
  throw new StepFailed('docs/openapi.json was out of date. It is now written anew: commit it.');
}

function readOpenApi() {
  const path = fromRoot('docs/openapi.json');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
