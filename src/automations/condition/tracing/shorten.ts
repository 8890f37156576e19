import type { JsonValue } from '../../../json.js';

/** How much is shown of the whole value, and of the values in it; what lies deeper is only counted. */
const LEVELS = [
  { characters: 200, items: 10 },
  { characters: 50, items: 5 },
  { characters: 50, items: 0 },
] as const;
type Depth = 0 | 1 | 2;

/** A value as a trace shows it: JSON of bounded size. A number that JSON lacks becomes its name, such as "NaN". */
export function shorten(value: unknown, depth: Depth = 0): JsonValue {
  if (typeof value === 'string') return shortenText(value, LEVELS[depth].characters);
  if (typeof value === 'number') return jsonNumber(value);
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return null;
  return Array.isArray(value) ? shortenList(value, depth) : shortenObject(value, depth);
}

/** JSON has no negative zero either. */
function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value + 0 : String(value);
}

function shortenText(text: string, characters: number): string {
  if (text.length <= characters) return text;
  return `${text.slice(0, characters).toWellFormed()}… (${text.length} characters)`;
}

function shortenList(list: readonly unknown[], depth: Depth): JsonValue {
  if (depth === 2) return list.length === 0 ? [] : `[… ${list.length} items]`;
  const items = list.slice(0, LEVELS[depth].items).map((item) => shorten(item, below(depth)));
  const more = list.length - items.length;
  return more > 0 ? [...items, `… ${more} more`] : items;
}

function shortenObject(value: object, depth: Depth): JsonValue {
  const names = Object.keys(value);
  if (depth === 2) return names.length === 0 ? {} : `{… ${names.length} fields}`;
  const { items, characters } = LEVELS[depth];
  const fields = names
    .slice(0, items)
    .map((name): [string, JsonValue] => [
      shortenText(name, characters),
      shorten(Reflect.get(value, name), below(depth)),
    ]);
  const more = names.length - fields.length;
  return Object.fromEntries(more > 0 ? [...fields, ['…', `${more} more`]] : fields);
}

function below(depth: 0 | 1): 1 | 2 {
  return depth === 0 ? 1 : 2;
}
