/**
 * Does some work that waits for nothing, and tells how many milliseconds of processor time it took. Whatever else runs on
 * the machine does not count, as it would by the clock.
 */
export function processorTime<Result>(work: () => Result): { result: Result; ms: number } {
  const begun = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(begun);
  return { result, ms: (user + system) / 1_000 };
}
