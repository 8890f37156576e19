/** What JSON.parse can give. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object: plain data, no class instances. */
export interface JsonObject {
  [key: string]: JsonValue;
}
