import { maskHeaders, type WebhookTarget } from '../../webhooks/index.js';
import { packageVersion } from '../../config/index.js';
import type { ClaimedDelivery, Rendered, Settlement } from '../delivery.js';
import {
  buildRequest,
  type BuiltRequest,
  nextAttempt,
  type Outcome,
  type OutgoingRequest,
  type RetryPolicy,
} from '../sending/index.js';

const USER_AGENT = `Bugle/${packageVersion}`;

/** One try of a delivery, from claim to settlement. */
export interface Attempt {
  delivery: ClaimedDelivery;
  request: Pick<OutgoingRequest, 'method' | 'url' | 'headers'>;
  target: WebhookTarget;
  startedAt: Date;
}

/** What a request is made of besides its target: previewed and sent ones are built alike. */
export interface Payload extends Rendered {
  deliveryId: string;
}

/** The request of an attempt that begins at this time. */
export function requestOf(target: WebhookTarget, payload: Payload, at: Date): BuiltRequest {
  return buildRequest({
    ...payload,
    target,
    timestampSeconds: Math.floor(at.getTime() / 1000),
    userAgent: USER_AGENT,
  });
}

/** What decides over the next attempt. */
export interface Judgement {
  policy: RetryPolicy;
  now: Date;
  /** From [0, 1). */
  random: number;
}

/** What an attempt's outcome means for its delivery: the row that is written. `targetGone`: its webhook must not be called again. */
export function settlementOf(
  { delivery, request, target, startedAt }: Attempt,
  outcome: Outcome,
  judgement: Judgement,
): { settlement: Settlement; targetGone: boolean } {
  const next = isCutOff(outcome)
    ? { status: 'retrying' as const, at: judgement.now }
    : nextAttempt({ outcome, attemptNumber: delivery.attempt, ...judgement });
  const answered = outcome.kind === 'unreachable' ? null : outcome;
  const settlement: Settlement = {
    deliveryId: delivery.id,
    workspaceId: delivery.workspaceId,
    number: delivery.attempt,
    trigger: delivery.trigger,
    outcome: outcome.kind,
    startedAt: startedAt.toISOString(),
    durationMs: outcome.durationMs,
    requestMethod: request.method,
    requestUrl: request.url,
    requestHeaders: maskHeaders(request.headers, target.maskedHeaders),
    statusCode: answered?.statusCode ?? null,
    responseHeaders: answered?.responseHeaders ?? null,
    responseBody: answered?.responseBody ?? null,
    error: errorOf(outcome),
    status: next.status,
    nextAttemptAt: next.status === 'retrying' ? next.at.toISOString() : null,
  };
  return { settlement, targetGone: next.status === 'exhausted' && next.targetGone };
}

/** Cut off by this worker's own end: the next worker tries at once. It is recorded, since it may have arrived. */
function isCutOff(outcome: Outcome): boolean {
  return outcome.kind === 'unreachable' && outcome.error.code === 'cancelled';
}

function errorOf(outcome: Outcome): Settlement['error'] {
  switch (outcome.kind) {
    case 'delivered':
      return null;
    case 'rejected':
      return {
        code: 'rejected',
        message: `The receiver answered ${outcome.statusCode}; only 2xx counts as delivered.`,
      };
    case 'unreachable':
      return outcome.error;
  }
}
