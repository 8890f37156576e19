import { z } from 'zod';
import { isJsonObject, isListOrObject } from '../json.js';
import { MAX_FAULTS } from '../errors.js';

/**
 * A value without what its lists and records hold after their twentieth wrong entry. Zod would make an issue of each, and
 * there may be hundreds of thousands, of which nobody is told.
 */
export function upToFaults(schema: z.core.$ZodType, value: unknown): unknown {
  if (!isListOrObject(value)) return value;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    return upToFaults(schema.def.innerType, value);
  }
  if (schema instanceof z.ZodDefault) return upToFaults(schema.def.innerType, value);
  if (schema instanceof z.ZodObject && isJsonObject(value)) return cutFields(schema, value);
  if (schema instanceof z.ZodArray && Array.isArray(value)) return cutList(schema, value);
  if (schema instanceof z.ZodRecord && isJsonObject(value)) return cutRecord(schema, value);
  return value;
}

function cutFields({ shape }: z.ZodObject, value: object): object {
  const cut: Record<string, unknown> = {};
  for (const name in shape) {
    const given: unknown = Reflect.get(value, name);
    const field = shape[name];
    if (!field || !isListOrObject(given)) continue;
    const shown = upToFaults(field, given);
    if (shown !== given) cut[name] = shown;
  }
  return Object.keys(cut).length === 0 ? value : { ...value, ...cut };
}

function cutList({ element }: z.ZodArray, list: readonly unknown[]): readonly unknown[] {
  // What may be anything is never wrong, and a batch has many of it.
  if (element instanceof z.ZodUnknown) return list;
  return cutEntries(list, (item) => z.safeParse(element, item).success);
}

function cutRecord({ keyType, valueType }: z.ZodRecord, record: object): object {
  const entries = Object.entries(record);
  const shown = cutEntries(
    entries,
    ([name, item]) => z.safeParse(keyType, name).success && z.safeParse(valueType, item).success,
  );
  return shown === entries ? record : Object.fromEntries(shown);
}

function cutEntries<Entry>(
  entries: readonly Entry[],
  isGood: (entry: Entry) => boolean,
): readonly Entry[] {
  if (entries.length <= MAX_FAULTS) return entries;
  let wrong = 0;
  const end = entries.findIndex((entry) => !isGood(entry) && ++wrong === MAX_FAULTS);
  return end < 0 ? entries : entries.slice(0, end + 1);
}
