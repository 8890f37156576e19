import type { Fault } from '../errors.js';

/** Of a type that is not in a workspace's catalogue. `near`: the name that was probably meant, if there is one. */
export function unknownEventType(near: string | undefined): Omit<Fault, 'path'> {
  const hint = near ? `did you mean "${near}"?` : 'GET /v1/event-types lists them';
  return {
    code: 'unknown_event_type',
    message: `is not an event type of this workspace; ${hint}`,
  };
}
