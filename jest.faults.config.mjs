// The suites that break things on purpose, the attacks on the two languages, and whatever else takes long.
import everyday from './jest.config.mjs';

export default {
  ...everyday,
  testRegex: '(/dist/test/faults/.*\\.spec|\\.(attack|long)\\.spec)\\.js$',
  testPathIgnorePatterns: [],
  maxWorkers: 2,
};
