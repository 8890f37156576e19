import { achievementEvents } from './achievement-events.js';
import { planningEvents } from './planning-events.js';
import { correspondenceEvents } from './correspondence-events.js';
import { deepFreeze } from './deep-freeze.js';
import type { EventTypeDefinition } from './event-type.js';
import { operationalEvents } from './operational-events.js';
import { serviceEvents } from './service-events.js';
import { testEvent } from './test-event.js';
import { userEvents } from './user-events.js';

export {
  type EventExample,
  type EventTypeDefinition,
  type FieldChanges,
  isEventTypeName,
} from './event-type.js';
export { isOperational, type OperationalType } from './operational-events.js';

/** The event types that every workspace has: three for each of eleven records, `webhook.test`, and those of Bugle's own. Frozen. */
export const BUILT_IN_EVENT_TYPES: readonly EventTypeDefinition[] = deepFreeze([
  ...userEvents,
  ...serviceEvents,
  ...achievementEvents,
  ...planningEvents,
  ...correspondenceEvents,
  testEvent,
  ...operationalEvents,
]);

const byName = new Map(BUILT_IN_EVENT_TYPES.map((type) => [type.name, type]));

/** The built-in event type of that name, if there is one. */
export function builtInEventType(name: string): EventTypeDefinition | undefined {
  return byName.get(name);
}
