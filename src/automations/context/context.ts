import type { Changes, StoredEvent } from '../../event-bus/index.js';
import { isListOrObject, type JsonObject, type JsonValue } from '../../json.js';
import { modelTypeOf } from './model-type.js';
import { ownValue } from '../../own-value.js';

/** The names that conditions and templates can read, and nothing besides. docs/conditions.md says what each one holds. */
export const CONTEXT_NAMES = [
  'event',
  'data',
  'changes',
  'previous',
  'actor',
  'automation',
  'webhook',
  'workspace',
  'delivery',
  'envelope',
  'now',
  'model',
  'model_type',
  'model_id',
  'causer',
  'causer_id',
] as const;

type Makers = Readonly<Record<string, (() => JsonValue) | undefined>>;

/** Values by name. A value is made when it is first read: few rules look at more than two of them. */
export class Context {
  readonly #made = new Map<string, JsonValue>();

  constructor(
    private readonly makers: Makers,
    readonly outer?: Context,
  ) {}

  /** Of values that exist already. */
  static of(values: Readonly<Record<string, JsonValue>>): Context {
    const makers = Object.entries(values).map(([name, value]) => [name, () => value]);
    return new Context(Object.fromEntries(makers));
  }

  /** Undefined for a name that does not exist. */
  get(name: string): JsonValue | undefined {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const make = Object.hasOwn(this.makers, name) ? this.makers[name] : undefined;
    if (!make) return this.outer?.get(name);
    const value = make();
    this.#made.set(name, value);
    return value;
  }

  /** All of it. */
  toJSON(): JsonObject {
    const own = Object.keys(this.makers).map((name) => [name, this.get(name) ?? null]);
    return { ...this.outer?.toJSON(), ...Object.fromEntries(own) };
  }
}

/** The workspace as rules see it. */
export interface ContextWorkspace {
  id: string;
  name: string;
  /** IANA name; dates without a zone of their own are shown in it. */
  timeZone: string;
}

/** What of a workspace rules see, and nothing besides. */
export function contextWorkspaceOf({ id, name, timeZone }: ContextWorkspace): ContextWorkspace {
  return { id, name, timeZone };
}

/** What is the same for every rule of an event. `now` is ISO 8601. */
export function eventContext(
  event: StoredEvent,
  workspace: ContextWorkspace,
  now: string,
): Context {
  const { id, type, occurredAt, createdAt, data, changes, actor } = event;
  return new Context({
    event: () => ({ id, type, occurredAt, createdAt }),
    data: () => data,
    changes: () => changes,
    previous: () => previousOf(data, changes),
    actor: () => actor,
    workspace: () => ({ ...workspace }),
    now: () => now,
    model: () => data,
    model_type: () => modelTypeOf(type),
    model_id: () => data['id'] ?? null,
    causer: () => actor,
    causer_id: () => actor?.['id'] ?? null,
  });
}

/** What a rule adds of its own. */
export interface RuleNames {
  automation: { id: string; name: string } | null;
  webhook: { id: string; name: string };
  deliveryId: string;
}

/** The context of one rule for one event. */
export function ruleContext(
  { automation, webhook, deliveryId }: RuleNames,
  event: StoredEvent,
  outer: Context,
): Context {
  return new Context(
    {
      automation: () => automation && { id: automation.id, name: automation.name },
      webhook: () => ({ id: webhook.id, name: webhook.name }),
      delivery: () => ({ id: deliveryId }),
      envelope: () => envelopeOf(event, deliveryId),
    },
    outer,
  );
}

/** The default payload as a value (default-payload.ts writes it down). */
export function envelopeOf(event: StoredEvent, deliveryId: string): JsonObject {
  return {
    event: event.type,
    created: event.createdAt,
    request_id: deliveryId,
    trace_id: event.id,
    data: event.data,
    changes: event.changes,
  };
}

/**
 * The record as it was before: its data with every changed field set back. A changed field is named by its key, or by
 * its path (`unit.name`, `tags.0`). Null when nothing is known to have changed.
 */
export function previousOf(data: JsonObject, changes: Changes | null): JsonObject | null {
  if (changes === null) return null;
  const previous = { ...data };
  const copies = new Set<object>([previous]);
  for (const [field, { old }] of Object.entries(changes)) {
    const path = Object.hasOwn(data, field) ? [field] : field.split('.');
    setBack(previous, path, { old, copies });
  }
  return previous;
}

/** Each object on a path is copied once, however many changes lead through it: the event itself stays as it is. */
function setBack(
  record: JsonObject,
  path: readonly string[],
  { old, copies }: { old: JsonValue; copies: Set<object> },
): void {
  let holder: JsonObject | JsonValue[] = record;
  for (const key of path.slice(0, -1)) {
    const inner: JsonValue | undefined = ownValue(holder, key);
    const copy: JsonObject | JsonValue[] =
      isListOrObject(inner) && copies.has(inner) ? inner : copyOf(inner);
    copies.add(copy);
    setOwn(holder, key, copy);
    holder = copy;
  }
  setOwn(holder, path.at(-1) ?? '', old);
}

const IS_INDEX = /^\d+$/;

function copyOf(value: JsonValue | undefined): JsonObject | JsonValue[] {
  if (Array.isArray(value)) return [...value];
  return isListOrObject(value) ? { ...value } : {};
}

/** Defined and not assigned: a field may be named __proto__. What is no element of a list is left out of it. */
function setOwn(holder: JsonObject | JsonValue[], key: string, value: JsonValue): void {
  if (Array.isArray(holder) && !(IS_INDEX.test(key) && Object.hasOwn(holder, key))) return;
  Object.defineProperty(holder, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
