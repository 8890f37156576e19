// Loaded into a server process before everything else (--import): there is no code for breaking things in the product.
import { subscribe } from 'node:diagnostics_channel';

/** What a test may ask of a server process that it started. */
export type Order =
  /** To kill itself at the nth passing of a seam from now on; src/seams.ts names the channels. */
  | { dieAt: string; passing: number }
  /** To set its clock, for everything it does from now on: milliseconds ahead of the real time. */
  | { clockAheadMs: number };

let clockAheadMs = 0;

process.on('message', (order: Order) => {
  if ('dieAt' in order) dieAt(order.dieAt, order.passing);
  else clockAheadMs = order.clockAheadMs;
});
// The server ends with the process that runs the test, however that one ends.
process.on('disconnect', die);
process.channel?.unref();

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function dieAt(name: string, passing: number): void {
  let passed = 0;
  subscribe(name, () => {
    passed += 1;
    if (passed >= passing) die();
  });
}

/** A proxy: `instanceof Date` holds for the dates of both. */
globalThis.Date = new Proxy(Date, {
  construct: (real, values: ConstructorParameters<typeof Date>) =>
    values.length > 0 ? new real(...values) : new real(real.now() + clockAheadMs),
  apply: (real) => new real(real.now() + clockAheadMs).toString(),
  get: (real, name, receiver) =>
    name === 'now'
      ? () => real.now() + clockAheadMs
      : (Reflect.get(real, name, receiver) as unknown),
});
