/** What JSON.parse can give. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object: plain data, no class instances. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Whether a value is an object and no list. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject;
export function isJsonObject(value: unknown): value is object;
export function isJsonObject(value: unknown): boolean {
  return isListOrObject(value) && !Array.isArray(value);
}

/** Whether a value has parts. */
export function isListOrObject(value: JsonValue | undefined): value is JsonObject | JsonValue[];
export function isListOrObject(value: unknown): value is object;
export function isListOrObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

const texts = new WeakMap<object, string>();

/** The JSON text of something that does not change any more; made once, and gone with it. */
export function jsonTextOf(value: JsonObject | null): string {
  if (value === null) return 'null';
  const known = texts.get(value);
  if (known !== undefined) return known;
  const made = JSON.stringify(value);
  texts.set(value, made);
  return made;
}
