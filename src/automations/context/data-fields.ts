import { readIsoTime } from '../time/iso-time.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.js';
import { ANY_FIELD, anyOfFields, type Field } from './field.js';

/** Fields described in one answer, of all levels: enough for all the built-in event types together. */
const MAX_FIELDS = 3000;
/** Fields inside of each other; what lies deeper is `any`. */
const MAX_LEVELS = 12;
/** Items of an example list, or schemas of a list's items, that are looked at. */
const MAX_ITEMS = 20;
/** Characters of an example text, or of a description. */
const MAX_EXAMPLE_LENGTH = 200;

const COMBINING = ['allOf', 'anyOf', 'oneOf'];
const CONDITIONAL = ['if', 'then', 'else'];

/** How many fields may still be described: it bounds the work, and the size of the answer. */
export class FieldBudget {
  #left = MAX_FIELDS;
  #depth = 0;

  /** What `describe` makes of one more field; `any` when that would be too many, or too deep. */
  spend(describe: () => Field): Field {
    if (this.#left <= 0 || this.#depth >= MAX_LEVELS) return ANY_FIELD;
    this.#left -= 1;
    this.#depth += 1;
    const field = describe();
    this.#depth -= 1;
    return field;
  }

  /** As many of these names, each once, as may still be described. */
  names(names: readonly string[]): string[] {
    const within = [...new Set(names)].slice(0, this.#left);
    this.#left -= within.length;
    return within;
  }

  /** The fields of a record, and whether it has more than can be described. */
  record(
    record: JsonObject,
    describe: (value: JsonValue, budget: FieldBudget) => Field,
  ): { fields: Record<string, Field>; cut: boolean } {
    const entries = Object.entries(record);
    const within = entries.slice(0, this.#left);
    const fields = within.map(([name, value]) => [name, describe(value, this)]);
    return { fields: Object.fromEntries(fields), cut: within.length < entries.length };
  }
}

/** What an example value shows. It may have left out fields, so its objects are open. */
export function fieldOfValue(value: JsonValue, budget: FieldBudget): Field {
  return budget.spend(() => {
    if (Array.isArray(value)) {
      const items = value.slice(0, MAX_ITEMS).map((item) => fieldOfValue(item, budget));
      return { type: 'list', items: anyOfFields(items), open: true };
    }
    if (!isJsonObject(value)) return fieldOfScalar(value);
    return { type: 'object', fields: budget.record(value, fieldOfValue).fields, open: true };
  });
}

/** What a JSON Schema declares. Of the keywords of docs/adr/0009 those count that say what there is. */
export function fieldOfSchema(schema: JsonValue, budget: FieldBudget): Field {
  return budget.spend(() => {
    if (!isJsonObject(schema)) return ANY_FIELD;
    const own = ownField(schema, budget);
    const parts = partsOf(schema).map((part) => fieldOfSchema(part, budget));
    const telling = [own, ...parts].filter(isTelling);
    const field = telling.length > 0 ? anyOfFields(telling) : own;
    return { ...field, ...annotations(schema) };
  });
}

/** What the keywords of the schema itself declare, apart from the schemas that it combines. */
function ownField(schema: JsonObject, budget: FieldBudget): Field {
  const type = typeOf(schema);
  if (type === 'object') return objectField(schema, budget);
  if (type === 'list') return listField(schema, budget);
  return { type, open: type === 'any' };
}

/**
 * A schema that lists properties is taken to list all, unless it says otherwise: the standard allows more, but whoever
 * wrote the list wants to hear of a name that is not on it.
 */
function objectField(schema: JsonObject, budget: FieldBudget): Field {
  const { properties, additionalProperties, required } = schema;
  const listed = isJsonObject(properties) ? properties : {};
  const needed = (Array.isArray(required) ? required : []).filter(
    (name) => typeof name === 'string',
  );
  const named = Object.fromEntries(needed.map((name): [string, JsonValue] => [name, true]));
  const { fields, cut } = budget.record({ ...named, ...listed }, fieldOfSchema);
  const saysMore =
    additionalProperties === undefined ? !isJsonObject(properties) : additionalProperties !== false;
  return { type: 'object', fields, open: cut || saysMore };
}

function listField({ items, prefixItems }: JsonObject, budget: FieldBudget): Field {
  const first = Array.isArray(prefixItems) ? prefixItems : [];
  const all = items === undefined || items === false ? first : [...first, items];
  return {
    type: 'list',
    items: anyOfFields(all.slice(0, MAX_ITEMS).map((item) => fieldOfSchema(item, budget))),
    open: true,
  };
}

/** The schemas that a value meets besides, or may meet. */
function partsOf(schema: JsonObject): JsonValue[] {
  const { dependentSchemas } = schema;
  const lists = COMBINING.flatMap((keyword) => schema[keyword] ?? []);
  const single = CONDITIONAL.flatMap((keyword) => schema[keyword] ?? []);
  return [
    ...lists,
    ...single,
    ...(isJsonObject(dependentSchemas) ? Object.values(dependentSchemas) : []),
  ];
}

/** `{"type": "object"}` beside a list of alternatives says nothing that they do not say. */
function isTelling({ type, fields = {}, open }: Field): boolean {
  return type === 'object' ? Object.keys(fields).length > 0 || !open : type !== 'any';
}

function typeOf(schema: JsonObject): Field['type'] {
  const names = [schema['type'] ?? []].flat().filter((name) => name !== 'null');
  const [name] = names.length === 1 ? names : [];
  if (name === 'string') return isTimeFormat(schema['format']) ? 'time' : 'text';
  if (typeof name === 'string') return SCHEMA_TYPES.get(name) ?? 'any';
  if (names.length > 0) return 'any';
  if (schema['properties'] !== undefined || schema['required'] !== undefined) return 'object';
  if (schema['items'] !== undefined || schema['prefixItems'] !== undefined) return 'list';
  return fieldOfScalar(exampleOf(schema)).type;
}

const SCHEMA_TYPES: ReadonlyMap<string, Field['type']> = new Map([
  ['number', 'number'],
  ['integer', 'number'],
  ['boolean', 'boolean'],
  ['object', 'object'],
  ['array', 'list'],
]);

function isTimeFormat(format: JsonValue | undefined): boolean {
  return format === 'date' || format === 'date-time';
}

function annotations(schema: JsonObject): Pick<Field, 'description' | 'example'> {
  const description = schema['description'] ?? schema['title'];
  const { example } = fieldOfScalar(exampleOf(schema));
  return {
    ...(typeof description === 'string' && {
      description: description.slice(0, MAX_EXAMPLE_LENGTH),
    }),
    ...(example !== undefined && example !== null && { example }),
  };
}

/** A value that the schema itself names. */
function exampleOf(schema: JsonObject): JsonValue {
  const { const: only, default: usual, examples, enum: allowed } = schema;
  const [first] = [examples ?? allowed ?? []].flat();
  return only ?? usual ?? first ?? null;
}

function fieldOfScalar(value: JsonValue): Field {
  if (value === null) return { ...ANY_FIELD, example: null };
  if (typeof value === 'number') return { type: 'number', example: value, open: false };
  if (typeof value === 'boolean') return { type: 'boolean', example: value, open: false };
  if (typeof value !== 'string') return ANY_FIELD;
  const type = readIsoTime(value) ? 'time' : 'text';
  return { type, example: value.slice(0, MAX_EXAMPLE_LENGTH), open: false };
}
