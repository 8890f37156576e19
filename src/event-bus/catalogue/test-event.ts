import type { EventTypeDefinition } from './event-type.js';
import { clerk } from './samples.js';

/** Sent by hand to see whether a webhook's address answers; the event goes to that webhook alone. */
export const testEvent: EventTypeDefinition = {
  name: 'webhook.test',
  group: 'Test',
  description: 'Somebody asked for a test event of a webhook.',
  example: { data: { status: 'ok' }, actor: clerk },
};
