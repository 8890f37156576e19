// The suites that break things on purpose, and the attacks on the two languages: they take long.
import everyday from './jest.config.mjs';

export default {
  ...everyday,
  testRegex: '(/dist/test/faults/.*\\.spec|\\.attack\\.spec)\\.js$',
  testPathIgnorePatterns: [],
  maxWorkers: 2,
};
