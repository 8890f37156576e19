export { AddressGuard } from '../../address-guard.js';
export type {
  AnsweredOutcome,
  BodyCut,
  Outcome,
  UnreachableCode,
  UnreachableOutcome,
} from './outcome.js';
export { buildRequest } from './request.js';
export type { BuiltRequest, OutgoingRequest, RequestInput, Target } from './request.js';
export { askedPauseMs, nextAttempt, policyOf } from './retry-policy.js';
export type { AttemptResult, NextAttempt, RetryPolicy } from './retry-policy.js';
export { Sender } from './sender.js';
export type { SenderOptions } from './sender.js';
export { signRequest } from './signature.js';
export type { SignatureHeaders, SigningInput } from './signature.js';
