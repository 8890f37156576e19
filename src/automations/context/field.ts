import type { JsonValue } from '../../json.js';

/** What is known of a value that conditions and templates can read: for checks and for completion. */
export interface Field {
  /** `any`: not known, or one of several. A value of every type may be null. */
  type: 'text' | 'number' | 'boolean' | 'time' | 'list' | 'object' | 'any';
  description?: string;
  /** Of plain values only: those of lists and objects stand with their parts. */
  example?: JsonValue;
  /**
   * Of an object. A plain record, so that it survives JSON and structured clones; a name in it may be `__proto__`, so
   * it is read by `fieldAt` or `Object.hasOwn`, and built by `Object.fromEntries`.
   */
  fields?: Record<string, Field>;
  /** Of a list: what each of its items is. */
  items?: Field;
  /** May have further fields that are not listed. */
  open: boolean;
}

/** Nothing is known: whatever is read of it may be there. */
export const ANY_FIELD: Field = { type: 'any', open: true };

/** An object with exactly these fields. */
export function closedObject(description: string, fields: Record<string, Field>): Field {
  return { type: 'object', description, fields, open: false };
}

/** The field of that name: `any` when it may be there, undefined when it cannot be. Lists have numbers for names. */
export function fieldAt(field: Field, name: string): Field | undefined {
  if (field.type === 'list') return /^\d+$/.test(name) ? (field.items ?? ANY_FIELD) : undefined;
  return listedField(field, name) ?? (field.open ? ANY_FIELD : undefined);
}

/** The field of that name if it is listed. */
export function listedField({ fields }: Field, name: string): Field | undefined {
  return fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** What a value is that comes of one of these: a field of any of them counts. */
export function anyOfFields(fields: readonly Field[]): Field {
  const [first = ANY_FIELD, second] = fields;
  if (!second) return first;
  // By halves: added up one by one, a thousand event types would be copied a thousand times.
  const half = fields.length >> 1;
  return eitherField(anyOfFields(fields.slice(0, half)), anyOfFields(fields.slice(half)));
}

function eitherField(a: Field, b: Field): Field {
  if (isNull(a)) return { ...b, ...about(a) };
  if (isNull(b)) return { ...about(b), ...a };
  if (a.type !== b.type) return { ...about(b), ...about(a), type: 'any', open: true };
  const both = { ...b, ...a, open: a.open || b.open };
  if (a.type === 'object') return { ...both, fields: united(a, b, eitherField) };
  if (a.items && b.items) return { ...both, items: eitherField(a.items, b.items) };
  return both;
}

/** What a schema declares, with the fields and the values that only the example shows. */
export function withExample(declared: Field, seen: Field): Field {
  if (declared.type === 'any') return { ...seen, ...about(declared), open: true };
  if (declared.type === 'object' && seen.type === 'object') {
    return { ...declared, fields: united(declared, seen, withExample) };
  }
  if (declared.type === 'list' && seen.items) {
    return { ...declared, items: withExample(declared.items ?? ANY_FIELD, seen.items) };
  }
  return seen.example === undefined ? declared : { ...declared, example: seen.example };
}

function united(a: Field, b: Field, unite: (a: Field, b: Field) => Field): Record<string, Field> {
  const more = Object.entries(b.fields ?? {}).map(([name, field]): [string, Field] => {
    const known = listedField(a, name);
    return [name, known ? unite(known, field) : field];
  });
  return Object.fromEntries([...Object.entries(a.fields ?? {}), ...more]);
}

/** A null says nothing of what stands there at other times. */
function isNull({ type, example }: Field): boolean {
  return type === 'any' && example === null;
}

function about({ description }: Field): Pick<Field, 'description'> {
  return description === undefined ? {} : { description };
}
