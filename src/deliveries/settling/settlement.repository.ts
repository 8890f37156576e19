import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { channelName, DatabaseSession, type Statement, Statements } from '../../database/index.js';
import { passing } from '../../seams.js';
import type { Settlement } from '../delivery.js';

/** Notifications on it name the attempts that were settled. */
export const ATTEMPTS_CHANNEL = 'attempts';
/** A notification holds less than 8000 bytes; one attempt takes about 40. */
const ATTEMPTS_PER_NOTIFICATION = 150;

/** Names the attempts of one workspace: `<delivery id>/<number>`. */
export const attemptsNotice = z.object({ workspaceId: z.string(), attempts: z.array(z.string()) });
export type AttemptsNotice = z.infer<typeof attemptsNotice>;

/**
 * Attempt, new state and next due time in one statement. A delivery whose lease ran out and that another worker has
 * taken since (its attempt number has moved on) keeps its state; the attempt is recorded all the same.
 */
const SETTLE: Statement = {
  name: 'settle',
  text: `
  WITH input AS (
    SELECT * FROM json_to_recordset($1) AS s (
      "deliveryId" uuid, number integer, trigger text, outcome text, "startedAt" timestamptz, "durationMs" integer,
      "requestMethod" text, "requestUrl" text, "requestHeaders" json, "statusCode" integer, "responseHeaders" json,
      "responseBody" text, error json, status text, "nextAttemptAt" timestamptz)
  ), recorded AS (
    INSERT INTO attempts (delivery_id, number, trigger, outcome, started_at, duration_ms, request_method, request_url,
      request_headers, status_code, response_headers, response_body, error)
    SELECT "deliveryId", number, trigger, outcome, "startedAt", "durationMs", "requestMethod", "requestUrl",
      "requestHeaders", "statusCode", "responseHeaders", "responseBody", error FROM input
    ON CONFLICT (delivery_id, number) DO UPDATE SET outcome = excluded.outcome, started_at = excluded.started_at,
      duration_ms = excluded.duration_ms, request_method = excluded.request_method, request_url = excluded.request_url,
      request_headers = excluded.request_headers, status_code = excluded.status_code,
      response_headers = excluded.response_headers, response_body = excluded.response_body, error = excluded.error
  ), ended AS (
    DELETE FROM delivery_queue q USING input s
    WHERE q.delivery_id = s."deliveryId" AND q.attempt = s.number AND s."nextAttemptAt" IS NULL
    RETURNING s."deliveryId", s.number, s.status, s."nextAttemptAt", s."statusCode", s."durationMs", s.error
  ), again AS (
    UPDATE delivery_queue q SET due_at = s."nextAttemptAt", holder = NULL, trigger = 'automatic' FROM input s
    WHERE q.delivery_id = s."deliveryId" AND q.attempt = s.number AND s."nextAttemptAt" IS NOT NULL
    RETURNING s."deliveryId", s.number, s.status, s."nextAttemptAt", s."statusCode", s."durationMs", s.error
  ), settled AS (
    UPDATE deliveries d SET status = s.status, attempt_count = s.number, next_attempt_at = s."nextAttemptAt",
      last_status_code = s."statusCode", last_duration_ms = s."durationMs", last_error = s.error, updated_at = now()
    FROM (SELECT * FROM ended UNION ALL SELECT * FROM again) s WHERE d.id = s."deliveryId"
  )
  SELECT count(pg_notify($2, payload)) FROM unnest($3::text[]) AS notice (payload)`,
};

/** Stores how attempts ended, and tells whoever watches the log. */
@Injectable()
export class SettlementRepository {
  constructor(
    private readonly statements: Statements,
    private readonly session: DatabaseSession,
  ) {}

  /** Resolves when all of them are stored. */
  async settle(settlements: readonly Settlement[]): Promise<void[]> {
    const channel = channelName(this.session.schema, ATTEMPTS_CHANNEL);
    const values = [JSON.stringify(settlements), channel, notices(settlements)];
    const written = this.statements.run(SETTLE, values);
    passing('settling');
    await written;
    passing('settled');
    return settlements.map(() => undefined);
  }
}

function notices(settlements: readonly Settlement[]): string[] {
  const byWorkspace = new Map<string, string[]>();
  for (const { workspaceId, deliveryId, number } of settlements) {
    const attempts = byWorkspace.get(workspaceId) ?? [];
    byWorkspace.set(workspaceId, attempts);
    attempts.push(`${deliveryId}/${number}`);
  }
  return [...byWorkspace].flatMap(([workspaceId, attempts]) => noticesOf(workspaceId, attempts));
}

function noticesOf(workspaceId: string, attempts: readonly string[]): string[] {
  const texts: string[] = [];
  for (let from = 0; from < attempts.length; from += ATTEMPTS_PER_NOTIFICATION) {
    const notice: AttemptsNotice = {
      workspaceId,
      attempts: attempts.slice(from, from + ATTEMPTS_PER_NOTIFICATION),
    };
    texts.push(JSON.stringify(notice));
  }
  return texts;
}
