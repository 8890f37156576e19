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

/** A run of failures that was told of and has ended. */
export interface EndedRun {
  workspaceId: string;
  name: string;
  url: string;
  failures: number;
  failingSince: Date;
  recoveredAt: Date;
}

/** What an event about a failure tells: which webhook, which delivery, and how it failed last. No secret. */
export function subjectOf(failed: FailedAttempt, webhook: Named): JsonObject {
  const { settlement, eventId, eventType, automationId } = failed;
  const { deliveryId: id, number: attempts, webhookId, error, statusCode } = settlement;
  return {
    webhook: shownWebhook(webhookId, webhook),
    delivery: { id, eventId, eventType, automationId, attempts },
    lastError: { code: error?.code ?? 'unknown', message: error?.message ?? '', statusCode },
  };
}

/** What is told when a webhook answers again. */
export function recoveryOf(webhookId: string, run: EndedRun): JsonObject {
  return {
    webhook: shownWebhook(webhookId, run),
    failures: run.failures,
    failingSince: run.failingSince.toISOString(),
    recoveredAt: run.recoveredAt.toISOString(),
  };
}

function shownWebhook(id: string, webhook: Named): JsonObject {
  return { id, name: webhook?.name ?? null, url: webhook ? shownUrl(webhook.url) : null };
}

/** Scheme and host. The path is left out as well as the query: with Slack, Discord and others it is the secret. */
function shownUrl(url: string): string {
  if (!URL.canParse(url)) return '';
  const { origin, pathname, search } = new URL(url);
  return pathname === '/' && search === '' ? `${origin}/` : `${origin}/…`;
}
