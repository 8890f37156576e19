// Jest runs the compiled JavaScript: type-checked once by tsc, and worker threads and child processes load the
// same files. Needs NODE_OPTIONS=--experimental-vm-modules (scripts/run.mjs sets it).

// ES modules that CommonJS packages require() (@fastify/static, light-my-request); see require-esm.mjs.
const requiredModules =
  'content-disposition|cookie|glob|minimatch|brace-expansion|balanced-match|path-scurry|lru-cache|minipass';

const required = `/node_modules/(${requiredModules})/.+\\.js$`;

export default {
  // Spec files that one worker runs share the packages, not our own modules.
  testEnvironment: '<rootDir>/test/support/kept-scope.mjs',
  runtime: '<rootDir>/test/support/kept-packages.mjs',
  roots: ['<rootDir>/dist/src', '<rootDir>/dist/test'],
  testRegex: '\\.spec\\.js$',
  // Suites that kill processes, flood a server, wait or attack the two languages take long: `npm run test:faults`.
  testPathIgnorePatterns: ['<rootDir>/dist/test/faults/', '\\.(attack|long)\\.spec\\.js$'],
  transform: {
    [required]: '<rootDir>/test/support/require-esm.mjs',
  },
  // Said of everything else as well: Jest would keep a copy of each file that no transform changes.
  transformIgnorePatterns: [`^(?!.*${required})`],
  globalSetup: '<rootDir>/dist/test/support/global-setup.js',
  globalTeardown: '<rootDir>/dist/test/support/global-teardown.js',
  maxWorkers: 3,
  // A spec file has a server of its own: on a busy machine it takes seconds to start.
  testTimeout: 30_000,
};
