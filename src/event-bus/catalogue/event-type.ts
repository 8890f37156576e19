import type { JsonObject, JsonValue } from '../../json.js';

/** Old and new value of each field that an update touched. */
export interface FieldChanges {
  [field: string]: { old: JsonValue; new: JsonValue };
}

/** An event as a producer would publish it, without type and time. */
export interface EventExample {
  /** The record as it was when the event happened; for a deletion, as it was just before. */
  data: JsonObject;
  /** Only where something was updated. */
  changes?: FieldChanges;
  /** Who did it. */
  actor?: JsonObject;
}

/** An entry of the catalogue of event types. */
export interface EventTypeDefinition {
  /** Lower case, with dots: `user.created`. */
  name: string;
  /** Heading under which a picker lists it. */
  group: string;
  /** When the event happens, in one sentence. */
  description: string;
  example: EventExample;
  /** JSON Schema that `data` meets, where Bugle itself makes the events. */
  schema?: JsonObject;
}

const EVENT_TYPE_NAME = /^[a-z0-9_]+(\.[a-z0-9_]+)+$/;
const LONGEST_NAME = 100;

/** Whether the text can name an event type: lower-case words with dots between, up to 100 characters. */
export function isEventTypeName(text: string): boolean {
  return text.length <= LONGEST_NAME && EVENT_TYPE_NAME.test(text);
}
