import { BugleError } from '../errors.js';

/** 409: nothing is sent to it until somebody enables it. */
export function webhookDisabled(): BugleError {
  const message = 'The webhook is disabled. Enable it first: PATCH {"enabled": true}.';
  return new BugleError(409, 'webhook_disabled', message);
}

/** 409: there is nobody to send to. */
export function webhookDeleted(): BugleError {
  return new BugleError(409, 'webhook_deleted', 'The webhook was deleted.');
}
