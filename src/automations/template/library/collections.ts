import { ListValue, Markup, ObjectValue, type TemplateValue } from '../values/template-value.js';
import type { CallTools } from './callable.js';

/** An element of a list or object under its index or name. */
export type Entry = readonly [key: number | string, value: TemplateValue];

/** Keys and values of a list or object, each charged as a step; nothing for anything else. */
export function entriesOf(value: TemplateValue, { meter }: CallTools): readonly Entry[] {
  if (!isCollection(value)) return [];
  meter.step(value.size);
  if (value instanceof ObjectValue) return [...value.fields];
  return value.items.map((item, index) => [index, item] as const);
}

/** A list, or an object if `like` is one. */
export function collectionOf(
  like: TemplateValue,
  entries: readonly Entry[],
  { meter }: CallTools,
): TemplateValue {
  meter.items(entries.length);
  if (!(like instanceof ObjectValue)) return ListValue.of(entries.map(([, value]) => value));
  return ObjectValue.of(new Map(entries.map(([key, value]) => [String(key), value])));
}

/** Whether a value is a list or an object. */
export function isCollection(value: TemplateValue): value is ListValue | ObjectValue {
  return typeof value === 'object' && value !== null && !(value instanceof Markup);
}
