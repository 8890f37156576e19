import { maskHeaders, type WebhookTarget } from '../../webhooks/index.js';
import { packageVersion } from '../../config/index.js';
import type { ClaimedDelivery, Rendered, Settlement } from '../delivery.js';
import {
  askedPauseMs,
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
    target,
    timestampSeconds: Math.floor(at.getTime() / 1000),
    userAgent: USER_AGENT,
    ...payload,
  });
}

/** What decides over the next attempt. */
export interface Judgement {
  policy: RetryPolicy;
  now: Date;
  /** From [0, 1). */
  random: number;
}

/** A pause that is asked for is kept by one delivery for up to a day; by the whole webhook only for so long. */
const MAX_THROTTLE_MS = 600_000;

/** Failures that are nobody's over there: the end of this process, and what its operator has to mend. */
const OURS: ReadonlySet<string> = new Set(['cancelled', 'secret_unreadable', 'proxy_failure']);

/** What an attempt's outcome means for its delivery and its webhook: the row that is written. `targetGone`: the webhook must not be called again. */
export function settlementOf(
  { delivery, request, target, startedAt }: Attempt,
  outcome: Outcome,
  judgement: Judgement,
): { settlement: Settlement; targetGone: boolean } {
  const isCutOff = wasCutOff(outcome);
  const next = isCutOff
    ? { status: 'retrying' as const, waitMs: 0 }
    : nextAttempt({ outcome, attemptNumber: delivery.scheduleAttempt, ...judgement });
  const answered = outcome.kind === 'unreachable' ? null : outcome;
  const settlement: Settlement = {
    deliveryId: delivery.id,
    workspaceId: delivery.workspaceId,
    webhookId: delivery.webhookId,
    webhookRevision: target.revision,
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
    waitMs: next.status === 'retrying' ? next.waitMs : null,
    countsAs: countsAs(outcome),
    throttleMs: throttleMs(outcome, judgement.now),
    isCutOff,
  };
  return { settlement, targetGone: next.status === 'exhausted' && next.targetGone };
}

/** The same end without the texts of either side, for when the database refuses one of them: the delivery has to go on. */
export function withoutTexts(settlement: Settlement): Settlement {
  const { error } = settlement;
  const message = `${error ? `${error.message} ` : ''}What was sent and answered could not be stored.`;
  return {
    ...settlement,
    requestHeaders: {},
    responseHeaders: null,
    responseBody: null,
    error: { code: error?.code ?? 'not_stored', message },
  };
}

/** Cut off by this worker's own end: the next worker tries at once, in its place. It is recorded, since it may have arrived. */
function wasCutOff(outcome: Outcome): boolean {
  return outcome.kind === 'unreachable' && outcome.error.code === 'cancelled';
}

function countsAs(outcome: Outcome): Settlement['countsAs'] {
  if (outcome.kind === 'delivered') return 'success';
  return outcome.kind === 'unreachable' && OURS.has(outcome.error.code) ? null : 'failure';
}

function throttleMs(outcome: Outcome, now: Date): number | null {
  const askedMs = askedPauseMs(outcome, now) ?? 0;
  return askedMs > 0 ? Math.min(askedMs, MAX_THROTTLE_MS) : null;
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
