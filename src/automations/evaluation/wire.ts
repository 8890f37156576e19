import { jsonOf, type StoredEvent } from '../../event-bus/index.js';
import type { EventText, Task, WireTask } from './messages.js';

/** Characters of events in one message: copying them takes a millisecond or two. */
const MAX_CHARACTERS = 1024 * 1024;

/** One for all rules of an event: what is the same object in a message is copied once. */
const texts = new WeakMap<StoredEvent, EventText>();

/** Tasks as they are sent: from the first, as many as one message should carry, and at least one. */
export function toWire(tasks: readonly Task[]): WireTask[] {
  const wire: WireTask[] = [];
  const counted = new Set<EventText>();
  let characters = 0;
  for (const task of tasks) {
    if (task.kind !== 'try') {
      wire.push(task);
      continue;
    }
    const event = textOf(task.trial.event);
    if (!counted.has(event)) characters += event.text.length;
    if (wire.length > 0 && characters > MAX_CHARACTERS) break;
    counted.add(event);
    wire.push({ kind: 'try', trial: { ...task.trial, event } });
  }
  return wire;
}

function textOf(event: StoredEvent): EventText {
  const known = texts.get(event);
  if (known) return known;
  const made = { text: jsonOf(event) };
  texts.set(event, made);
  return made;
}
