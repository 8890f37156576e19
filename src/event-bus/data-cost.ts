import { isJsonObject, isListOrObject, type JsonValue } from '../json.js';
import { ownValue } from '../own-value.js';

/** What no check reads. */
const ANNOTATIONS = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
]);
/** Keywords whose value has names of fields for keys, and schemas for values. */
const MAPS = new Set(['properties', 'dependentSchemas']);
/** Keywords that go through values or names, so that everything inside counts. */
const LISTING = new Set(['enum', 'const', 'required', 'dependentRequired']);
/** Those that go through a text. */
const OF_TEXT = new Set(['minLength', 'maxLength', 'format']);
/** Those whose schema, or schemas, are put to the same value. */
const ON_THE_SAME = new Set(['allOf', 'anyOf', 'oneOf', 'dependentSchemas']);
const ONE_ON_THE_SAME = new Set(['not', 'if', 'then', 'else']);
/** This much text takes as long to go through as one more value. */
const TEXT_LENGTH = 32;

/** How much a JSON Schema may do to one value: everything in it counts as one, but for what no check reads. */
export function schemaWeight(schema: JsonValue | undefined): number {
  if (Array.isArray(schema)) return sumOf(schema, schemaWeight);
  if (!isJsonObject(schema)) return 1;
  return sumOf(Object.entries(schema), ([keyword, value]) => {
    if (ANNOTATIONS.has(keyword)) return 0;
    if (LISTING.has(keyword)) return dataSize(value, Infinity);
    if (MAPS.has(keyword) && isJsonObject(value)) return sumOf(Object.values(value), schemaWeight);
    return schemaWeight(value);
  });
}

/** How many values there are in data, keys and long texts counted; it stops counting above `limit`. */
export function dataSize(data: JsonValue, limit: number): number {
  let size = 0;
  const left: JsonValue[] = [data];
  for (let value = left.pop(); value !== undefined && size <= limit; value = left.pop()) {
    size += 1 + (typeof value === 'string' ? value.length / TEXT_LENGTH : 0);
    if (!isListOrObject(value)) continue;
    if (!Array.isArray(value)) size += Object.keys(value).join('').length / TEXT_LENGTH;
    for (const item of Object.values(value)) left.push(item);
  }
  return size;
}

/**
 * Whether a check of the data has more steps than `limit`: each keyword on each value that it meets is one, and each name
 * and value that a keyword lists. It goes the way of the check, but takes each branch, and stops at the limit.
 */
export function isTooCostly(schema: JsonValue, data: JsonValue, limit: number): boolean {
  const most = limit / schemaWeight(schema);
  // Every value with the whole schema is far more than what happens, and quickly told.
  if (dataSize(data, most) <= most) return false;
  const walk = { left: limit };
  spend(walk, schema, data);
  return walk.left < 0;
}

interface Walk {
  left: number;
}

function spend(walk: Walk, schema: JsonValue, data: JsonValue): void {
  walk.left -= 1;
  if (!isJsonObject(schema)) return;
  for (const [keyword, value] of Object.entries(schema)) {
    if (walk.left < 0) return;
    walk.left -= ownSteps(keyword, value, data);
    for (const [part, met] of meetings(keyword, value, data)) {
      if (walk.left < 0) return;
      spend(walk, part, met);
    }
  }
}

function ownSteps(keyword: string, value: JsonValue, data: JsonValue): number {
  if (ANNOTATIONS.has(keyword)) return 0;
  if (LISTING.has(keyword)) return dataSize(value, Infinity);
  return OF_TEXT.has(keyword) && typeof data === 'string' ? 1 + data.length / TEXT_LENGTH : 1;
}

/** The schemas that a keyword holds, each with a value that it is put to. */
function* meetings(
  keyword: string,
  value: JsonValue,
  data: JsonValue,
): Generator<[schema: JsonValue, data: JsonValue]> {
  if (ONE_ON_THE_SAME.has(keyword)) yield [value, data];
  if (ON_THE_SAME.has(keyword)) for (const part of partsOf(value)) yield [part, data];
  if (keyword === 'properties' && isJsonObject(data) && isJsonObject(value)) {
    for (const [name, part] of Object.entries(value)) yield [part, ownValue(data, name) ?? null];
  }
  if (keyword === 'additionalProperties' && isJsonObject(data)) {
    for (const item of Object.values(data)) yield [value, item];
  }
  if (keyword === 'propertyNames' && isJsonObject(data)) {
    for (const name of Object.keys(data)) yield [value, name];
  }
  if (!Array.isArray(data)) return;
  if (keyword === 'items' || keyword === 'contains') for (const item of data) yield [value, item];
  if (keyword === 'prefixItems') {
    for (const [index, part] of partsOf(value).entries()) yield [part, data[index] ?? null];
  }
}

function partsOf(value: JsonValue): JsonValue[] {
  return isListOrObject(value) ? Object.values(value) : [];
}

/** One for the whole, and what its parts are. */
function sumOf<Part>(parts: readonly Part[], sizeOf: (part: Part) => number): number {
  return parts.reduce((sum, part) => sum + sizeOf(part), 1);
}
