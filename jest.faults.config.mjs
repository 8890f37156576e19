// The suites that break things on purpose: they take long, and want the machine for themselves.
import everyday from './jest.config.mjs';

export default {
  ...everyday,
  roots: ['<rootDir>/dist/test/faults'],
  testPathIgnorePatterns: [],
  maxWorkers: 2,
};
