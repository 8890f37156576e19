/** How a webhook does after attempts that failed. */
export interface FailingHealth {
  /** Failed attempts in a row. */
  failures: number;
  /** How often its deliveries were held in this run of failures, from the hold on that was told of. */
  trips: number;
  /** Whether they are held for these failures now. */
  isTripped: boolean;
  /** For how long nothing but failure has come, in milliseconds. */
  failingMs: number;
  /** Whether all it said just now is that we come too often (429): it lives. */
  isThrottling: boolean;
}

/** When the breaker opens, and for how long. */
export interface BreakerSettings {
  /** Failed attempts in a row at which it opens; 0 for never. */
  failures: number;
  /** The first time, in milliseconds. */
  holdMs: number;
}

const MAX_HOLD_MS = 3_600_000;
/** Each hold is shortened by up to this share of itself: webhooks that failed together are not tried together. */
const JITTER = 0.2;
const HOUR = 3_600_000;
/** Longer than any wait of the default schedule. */
const SILENCE_MS = 48 * HOUR;

/**
 * For how long the deliveries of a failing webhook are to be held from now on, in milliseconds; undefined when they are
 * not. Twice as long each time, an hour at most. When a hold is over, one delivery goes ahead: if it fails, the next hold
 * begins. `random` from [0, 1).
 */
export function holdAfter(
  health: FailingHealth,
  { failures, holdMs }: BreakerSettings,
  random: number,
): number | undefined {
  const { trips, isTripped, isThrottling } = health;
  if (failures === 0 || health.failures < failures || isTripped) return undefined;
  // A receiver that has a limit is not broken; once it was held, though, only a success opens it.
  if (isThrottling && trips === 0) return undefined;
  const longest = Math.min(MAX_HOLD_MS, holdMs * 2 ** trips);
  return Math.round(longest * (1 - JITTER * random));
}

/** Whether a webhook has done nothing but fail for so many hours; 0 for never. */
export function hasFailedTooLong(
  { failingMs }: Pick<FailingHealth, 'failingMs'>,
  afterHours: number,
): boolean {
  return afterHours > 0 && failingMs >= afterHours * HOUR;
}

/**
 * A run of failures that began longer ago than this, in milliseconds, and was not acted on had a long silence in it:
 * the failure that comes now begins a new one. Null when it does not matter.
 */
export function staleAfterMs(afterHours: number): number | null {
  return afterHours > 0 ? 2 * afterHours * HOUR + SILENCE_MS : null;
}
