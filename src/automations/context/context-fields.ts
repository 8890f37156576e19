import type { EventExample } from '../../event-bus/index.js';
import type { JsonObject } from '../../json.js';
import type { CONTEXT_NAMES } from './context.js';
import { FieldBudget, fieldOfSchema, fieldOfValue } from './data-fields.js';
import {
  ANY_FIELD,
  anyOfFields,
  closedObject,
  type Field,
  listedField,
  withExample,
} from './field.js';
import { modelTypeOf } from './model-type.js';

export type { Field } from './field.js';

/** What the catalogue knows of an event type's data. */
export interface KnownData {
  name: string;
  schema: JsonObject | boolean | null;
  example: EventExample;
}

const ID = '019aa2f0-5c1e-7a52-9d0b-3f6a5f6f2b11';
const TIME = '2026-11-21T20:00:00.000Z';

/**
 * What conditions and templates of a rule can read, for the event types that fire it. Never throws; what it costs is
 * bounded by a budget of fields, and what that does not reach is open.
 */
export function contextFields(types: readonly KnownData[]): Field {
  const budget = new FieldBudget();
  const data = anyOfFields(types.map((type) => dataField(type, budget)));
  const actors = types.flatMap(({ example }) => (example.actor ? [example.actor] : []));
  const actor = anyOfFields(actors.map((one) => fieldOfValue(one, budget)));
  const extra = types.flatMap(({ example }) => Object.keys(example.changes ?? {}));
  const changes = changesField(data, extra, budget);
  const { event, fixed } = fixedFields(types[0]?.name);
  const names: Record<(typeof CONTEXT_NAMES)[number], Field> = {
    ...fixed,
    event,
    data: { ...data, description: 'The record as it was when the event happened.' },
    changes,
    previous: {
      ...data,
      description: 'The record as it was before; null when no changes are known.',
    },
    actor: { ...actor, description: 'Who did it; null when the producer did not say.' },
    envelope: envelopeField(data, changes, event),
    model: { ...data, description: 'The same as data.' },
    model_id: { ...(listedField(data, 'id') ?? ANY_FIELD), description: 'The id of the record.' },
    causer: { ...actor, description: 'The same as actor.' },
    causer_id: { ...(listedField(actor, 'id') ?? ANY_FIELD), description: 'The id of the actor.' },
  };
  return closedObject('Everything that conditions and templates can read.', names);
}

function dataField({ schema, example }: KnownData, budget: FieldBudget): Field {
  // The example first: it is what people know, should the budget not reach for both.
  const seen = fieldOfValue(example.data, budget);
  const declared = schema === null ? ANY_FIELD : fieldOfSchema(schema, budget);
  // Data is an object whatever a schema says: one that allows none lets no event through.
  return declared.type === 'object' ? withExample(declared, seen) : seen;
}

/** Each field that is known to change, or may. A change may be named by its path too, so it stays open. */
function changesField(data: Field, extra: readonly string[], budget: FieldBudget): Field {
  const ofData = Object.keys(data.fields ?? {});
  const names = new Set([...ofData, ...budget.names(extra)]);
  const fields = [...names].map((name): [string, Field] => {
    const { description: _, ...value } = listedField(data, name) ?? ANY_FIELD;
    return [name, closedObject(`What became of ${name}.`, { old: value, new: value })];
  });
  return {
    type: 'object',
    description: 'Old and new value of each field that changed; null when no changes are known.',
    fields: Object.fromEntries(fields),
    open: true,
  };
}

function envelopeField(data: Field, changes: Field, { fields = {} }: Field): Field {
  const { type = ANY_FIELD, createdAt = ANY_FIELD, id = ANY_FIELD } = fields;
  return closedObject('The default payload, as a value.', {
    event: type,
    created: createdAt,
    request_id: text('Id of the delivery.', ID),
    trace_id: id,
    data,
    changes,
  });
}

/** What is the same for every event type. */
function fixedFields(typeName: string | undefined) {
  const event = closedObject('The event itself.', {
    id: text('Id of the event.', ID),
    type: text('Event type.', typeName),
    occurredAt: time('When it happened.'),
    createdAt: time('When it was accepted.'),
  });
  const fixed = {
    automation: named('The automation; null for a plain webhook.', 'Promotions to Discord'),
    webhook: named('The webhook that it is sent to.', 'Discord'),
    workspace: closedObject('The workspace.', {
      id: text('Id.', ID),
      name: text('Name.', '1st Battalion'),
      timeZone: text('IANA name of its time zone.', 'Europe/Berlin'),
    }),
    delivery: closedObject('The delivery that is made.', { id: text('Id.', ID) }),
    now: time('The time of the evaluation.'),
    model_type: text('The event type up to its last dot.', typeName && modelTypeOf(typeName)),
  };
  return { event, fixed };
}

function named(description: string, name: string): Field {
  return closedObject(description, { id: text('Id.', ID), name: text('Name.', name) });
}

function text(description: string, example?: string): Field {
  return { type: 'text', description, ...(example !== undefined && { example }), open: false };
}

function time(description: string): Field {
  return { type: 'time', description, example: TIME, open: false };
}
