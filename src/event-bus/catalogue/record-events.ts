import type { EventExample, EventTypeDefinition } from './event-type.js';
import type { JsonObject } from '../../json.js';

/** A kind of record, of which the three events created, updated and deleted are made. */
export interface RecordKind {
  /** First part of the event names: `rankrecord`. */
  resource: string;
  group: string;
  /** With its article, for descriptions: `a rank record`. */
  noun: string;
  /** The record as it is created. */
  record: JsonObject;
  /** The fields that the example of an update changes, with their new values. */
  update: JsonObject;
  actor: JsonObject;
}

/** The three event types of a record kind; the examples tell one story and so agree with each other. */
export function recordEvents(kind: RecordKind): EventTypeDefinition[] {
  const { record, update, actor } = kind;
  const updated = { ...record, ...update };
  return [
    define(kind, 'created', 'was added', { data: record, actor }),
    define(
      kind,
      'updated',
      'was changed; `changes` holds the old and the new value of each field',
      {
        data: updated,
        changes: changesBetween(record, update),
        actor,
      },
    ),
    define(kind, 'deleted', 'was removed; `data` is the record as it was', {
      data: updated,
      actor,
    }),
  ];
}

function define(
  kind: RecordKind,
  verb: string,
  happening: string,
  example: EventExample,
): EventTypeDefinition {
  return {
    name: `${kind.resource}.${verb}`,
    group: kind.group,
    description: `${kind.noun[0]?.toUpperCase()}${kind.noun.slice(1)} ${happening}.`,
    example,
  };
}

function changesBetween(record: JsonObject, update: JsonObject): EventExample['changes'] {
  return Object.fromEntries(
    Object.entries(update).map(([field, value]) => [
      field,
      { old: record[field] ?? null, new: value },
    ]),
  );
}
