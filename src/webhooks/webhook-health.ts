/** What is remembered of a webhook that has failed. */
export interface HealthRow {
  webhookId: string;
  /** Failed attempts in a row. */
  failures: number;
  failingSince: Date | null;
  /** Null when the time is over. */
  heldUntil: Date | null;
}

/** How a webhook does, as its admin sees it. */
export interface WebhookHealth {
  state: 'healthy' | 'failing' | 'held' | 'disabled';
  failingSince: Date | null;
  heldUntil: Date | null;
  consecutiveFailures: number;
}

/** Without a row, nothing has failed since the last success. */
export function healthOf(enabled: boolean, row: HealthRow | undefined): WebhookHealth {
  const { failures = 0, failingSince = null, heldUntil = null } = row ?? {};
  return {
    state: stateOf(enabled, { failingSince, heldUntil }),
    failingSince,
    heldUntil,
    consecutiveFailures: failures,
  };
}

function stateOf(
  enabled: boolean,
  { failingSince, heldUntil }: Pick<HealthRow, 'failingSince' | 'heldUntil'>,
): WebhookHealth['state'] {
  if (!enabled) return 'disabled';
  if (heldUntil) return 'held';
  return failingSince ? 'failing' : 'healthy';
}
