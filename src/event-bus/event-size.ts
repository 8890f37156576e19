import { invalidInput } from '../errors.js';

/**
 * Refuses an event that is larger than BUGLE_MAX_EVENT_BYTES, alone or in a batch: what counts is its own JSON in UTF-8,
 * without the white space and the escapes that it may have been sent with.
 * @throws BugleError 422, its fault `event_too_large`
 */
export function requireFitting(event: unknown, maxBytes: number, path = ''): void {
  if (Buffer.byteLength(JSON.stringify(event)) <= maxBytes) return;
  const message = `the event is larger than ${maxBytes} bytes (BUGLE_MAX_EVENT_BYTES)`;
  throw invalidInput([{ path, code: 'event_too_large', message }]);
}

/**
 * The same for a request that was read already: only a body that is larger itself is written down once more.
 * @throws BugleError as above
 */
export function requireFittingBody(body: unknown, maxBytes: number): void {
  if (!Buffer.isBuffer(body) || body.length <= maxBytes) return;
  requireFitting(JSON.parse(body.toString('utf8')), maxBytes);
}
