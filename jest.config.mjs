// Jest runs the compiled JavaScript: type-checked once by tsc, and worker threads and child processes load the
// same files. Needs NODE_OPTIONS=--experimental-vm-modules (scripts/run.mjs sets it).
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/dist/src', '<rootDir>/dist/test'],
  testRegex: '\\.spec\\.js$',
  transform: {},
};
