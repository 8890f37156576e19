import { jsonOf, type StoredEvent } from '../../event-bus/index.js';
import type { EventText, Task, WireTask } from './messages.js';

/** Characters of events in one message: copying them takes a millisecond or two. */
const MAX_CHARACTERS = 1024 * 1024;

/** Tasks as they are sent: from the first, as many as one message should carry, and at least one. */
export function toWire(tasks: readonly Task[]): WireTask[] {
  const wire: WireTask[] = [];
  // One object for all rules of an event: what is the same object in a message is copied once.
  const events = new Map<StoredEvent, EventText>();
  let characters = 0;
  for (const task of tasks) {
    if (task.kind !== 'try') {
      wire.push(task);
      continue;
    }
    const { event, rule, workspace, now, deliveryId, trace } = task.trial;
    const known = events.get(event);
    const written = known ?? { text: jsonOf(event) };
    if (!known) characters += written.text.length;
    if (wire.length > 0 && characters > MAX_CHARACTERS) break;
    events.set(event, written);
    const trial = { event: written, rule, workspace, now, deliveryId, trace };
    wire.push({ kind: 'try', trial });
  }
  return wire;
}
