import type { JsonObject } from '../../json.js';
import type { Settlement } from '../delivery.js';

/** An attempt that failed, and what its delivery was about. */
export interface FailedAttempt {
  settlement: Settlement;
  eventId: string;
  eventType: string;
  automationId: string | null;
}

/** What of a webhook may be told; undefined when it was deleted meanwhile. */
export type Named = { name: string; url: string } | undefined;

/** Since when a webhook fails. Times in ISO 8601. */
export interface FailureRun {
  failures: number;
  failingSince: string | null;
}

/** What every operational event tells: which webhook, which delivery, and how it failed last. No secret. */
export function subjectOf(failed: FailedAttempt, webhook: Named): JsonObject {
  const { settlement, eventId, eventType, automationId } = failed;
  const { deliveryId: id, number: attempts, webhookId, error, statusCode } = settlement;
  return {
    webhook: {
      id: webhookId,
      name: webhook?.name ?? null,
      url: webhook ? shownUrl(webhook.url) : null,
    },
    delivery: { id, eventId, eventType, automationId, attempts },
    lastError: { code: error?.code ?? 'unknown', message: error?.message ?? '', statusCode },
  };
}

/** Scheme and host. The path is left out as well as the query: with Slack, Discord and others it is the secret. */
function shownUrl(url: string): string {
  if (!URL.canParse(url)) return '';
  const { origin, pathname, search } = new URL(url);
  return pathname === '/' && search === '' ? `${origin}/` : `${origin}/…`;
}
