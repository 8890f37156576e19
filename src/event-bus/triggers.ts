import { type Fault, MAX_FAULTS } from '../errors.js';
import { isEventTypeName } from './catalogue/index.js';
import { Suggestions } from './suggestions.js';
import { unknownEventType } from './unknown-event-type.js';

const MAX_TRIGGERS = 100;

/** Which event types of a workspace a trigger may name. */
export interface KnownTypes {
  names: readonly string[];
  /** Whether the workspace takes events of any well-formed type. */
  acceptsUnknown: boolean;
}

/** Put in the place of the `*` to see whether the rest of a wildcard is well formed. */
const ANY_SEGMENT = 'any';

/**
 * Whether the text has the shape of a trigger: the name of an event type, `user.*` (all below
 * `user`), `*.created` (all that end so) or `*` (every event).
 */
export function isTrigger(text: string): boolean {
  if (text === '*') return true;
  if (text.startsWith('*.')) return isEventTypeName(ANY_SEGMENT + text.slice(1));
  if (text.endsWith('.*')) return isEventTypeName(text.slice(0, -1) + ANY_SEGMENT);
  return isEventTypeName(text);
}

/** Whether an event of that type fires the trigger. */
export function matchesTrigger(trigger: string, eventType: string): boolean {
  if (trigger === '*') return true;
  if (trigger.startsWith('*.')) return eventType.endsWith(trigger.slice(1));
  if (trigger.endsWith('.*')) return eventType.startsWith(trigger.slice(0, -1));
  return trigger === eventType;
}

/**
 * Says what is wrong with a list of triggers; paths are relative to the list, such as `[2]`.
 * A wildcard may match no known type yet: the workspace can add its own types later.
 */
export function checkTriggers(
  triggers: readonly string[],
  { names, acceptsUnknown }: KnownTypes,
): Fault[] {
  if (triggers.length > MAX_TRIGGERS) {
    const message = `At most ${MAX_TRIGGERS} triggers are allowed; these are ${triggers.length}. Use a wildcard such as "user.*".`;
    return [{ path: '', code: 'too_many_triggers', message }];
  }
  const known: Known = { names: new Set(names), acceptsUnknown, suggestions: new Suggestions() };
  const faults = triggers.flatMap((trigger, index) => {
    const first = triggers.indexOf(trigger);
    const fault = first < index ? duplicate(first) : checkTrigger(trigger, known);
    return fault === undefined ? [] : [{ path: `[${index}]`, ...fault }];
  });
  return faults.slice(0, MAX_FAULTS);
}

type Problem = Omit<Fault, 'path'>;

interface Known {
  names: ReadonlySet<string>;
  acceptsUnknown: boolean;
  suggestions: Suggestions;
}

function checkTrigger(trigger: string, known: Known): Problem | undefined {
  if (known.names.has(trigger)) return undefined;
  if (!isTrigger(trigger)) {
    const message = `A trigger is the name of an event type such as "user.created", or a wildcard: "user.*", "*.created" or "*".${hint(trigger, known)}`;
    return { code: 'invalid_trigger', message };
  }
  if (known.acceptsUnknown || trigger.includes('*')) return undefined;
  return unknownEventType(nearest(trigger, known));
}

function nearest(trigger: string, { names, suggestions }: Known): string | undefined {
  return suggestions.nearest(trigger, names);
}

function hint(trigger: string, known: Known): string {
  const near = nearest(trigger, known);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}

function duplicate(first: number): Problem {
  return { code: 'duplicate_trigger', message: `This trigger stands at [${first}] already.` };
}
