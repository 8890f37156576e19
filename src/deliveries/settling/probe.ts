/**
 * A statement over health, as SQL: the probes of these webhooks (a query for ids) have told nothing, so the next claim may
 * give another. It waits for nobody: whoever has a row locked is counting an attempt of that webhook, or taking a probe.
 */
export const unprobed = (webhookIds: string): string => `
    UPDATE webhook_health SET probed_at = NULL WHERE webhook_id IN (
      SELECT h.webhook_id FROM (${webhookIds}) AS untold (id) CROSS JOIN LATERAL (
        SELECT webhook_id FROM webhook_health
        WHERE webhook_id = untold.id AND probed_at IS NOT NULL FOR UPDATE SKIP LOCKED) AS h)`;
