import { existsSync, readFileSync } from 'node:fs';

/** What /proc of Linux counts in. */
const TICK_MICROS = 10_000;

/** User and system time of a process since its start, in microseconds; NaN where there is no /proc to tell it. */
export function processorMicros(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return NaN;
  const text = readFileSync(file, 'utf8');
  // The second field, a name in brackets, may hold anything: what counts begins behind it, with the third.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
}
