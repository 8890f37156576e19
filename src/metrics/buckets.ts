/** Upper bounds in seconds for what takes milliseconds when all is well, and up to a day when it is not: three a decade. */
export const LAG_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1_800,
  7_200, 28_800, 86_400,
];

/** Upper bounds in seconds for a request: at most BUGLE_ATTEMPT_TIMEOUT_MS. */
export const ATTEMPT_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120,
];

/** Upper bounds in seconds for work of our own, which is over in milliseconds. */
export const WORK_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
