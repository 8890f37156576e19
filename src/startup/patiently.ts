import { setTimeout as pause } from 'node:timers/promises';
import { types } from 'node:util';
import { isOutage } from '../database/index.js';
import { reasonOf, StartupError } from '../startup-error.js';
import { unlessTold } from './unless-told.js';

/** Before the second try; twice as long before each further one. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/**
 * A wrong role or password (SQLSTATE class 28), no such database, no such host: an outage for a process that was let in before.
 * To one that starts it is mostly a mistake in the setting.
 */
const MISTAKES = /^(28|3D000$|ENOTFOUND$)/;
/** TypeORM, to the statement that comes after the one that was under way when the connection broke. */
const CONNECTION_GONE = /query runner.*already released/i;

/** How a start waits for its database. */
export interface Patience {
  /** From the first failure on. 0: it does not wait. */
  withinMs: number;
  /** Is told once, what the first try failed of. */
  onWait: (reason: string) => void;
  /** Aborted when the process is told to stop: there is no further try. */
  told: AbortSignal;
}

/**
 * Starts something, and starts it again while its database is away: as one that is starting, failing over or restarted is.
 * @throws what the last try has thrown, at once what does not pass by itself, or the reason of `told`
 */
export async function patiently<Started>(
  start: () => Promise<Started>,
  { withinMs, onWait, told }: Patience,
): Promise<Started> {
  let deadline = Infinity;
  for (let tries = 0; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === 0) deadline = performance.now() + withinMs;
      const leftMs = deadline - performance.now();
      const reason = passingReason(error);
      if (reason === undefined || leftMs <= 0 || told.aborted) throw error;
      if (tries === 0) onWait(reason);
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS, leftMs);
      await unlessTold(told, pause(pauseMs));
    }
  }
}

/** Whether a step of a start has failed because the database is away. */
export function isAway(error: unknown): boolean {
  return isOutage(error) || (types.isNativeError(error) && CONNECTION_GONE.test(error.message));
}

/** Why the database is away, if that passes by itself. */
function passingReason(error: unknown): string | undefined {
  if (!(error instanceof StartupError) || error.setting !== 'DATABASE_URL') return undefined;
  const { cause } = error;
  if (!types.isNativeError(cause) || !isAway(cause)) return undefined;
  return MISTAKES.test(String(Reflect.get(cause, 'code'))) ? undefined : reasonOf(cause);
}
