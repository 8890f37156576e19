import type { Meter } from './limits.js';
import { JsonArray, JsonObject, Markup, type TemplateValue } from './json-value.js';

const NEEDS_ESCAPING = /[^ !#-[\]-~]/;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Makes a text safe between the quotes of a JSON string. Lone surrogates become U+FFFD. */
export function escapeText(text: string): string {
  if (!NEEDS_ESCAPING.test(text)) return text;
  return JSON.stringify(text.replace(LONE_SURROGATE, '\uFFFD')).slice(1, -1);
}

/**
 * A value as plain text. Unlike Twig, which prints `1` and nothing, booleans are `true` and `false`, and lists and
 * objects are their JSON: the output is JSON, and a bare `{{ user.active }}` should be valid in it.
 */
export function toText(value: TemplateValue, meter: Meter): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (value instanceof Markup) return value.plain;
  if (typeof value === 'object') return encodeJson(value, meter);
  return String(value);
}

/** A value as JSON text. Data of the event is encoded once; what the template built is walked and counted. */
export function encodeJson(value: TemplateValue, meter: Meter): string {
  if (value instanceof Markup) return meter.text(JSON.stringify(value.plain));
  if (typeof value !== 'object' || value === null) return meter.text(JSON.stringify(value));
  meter.step();
  return meter.text(value.json ?? encodeBuilt(value, meter));
}

function encodeBuilt(value: JsonArray | JsonObject, meter: Meter): string {
  meter.step(value.size);
  if (value instanceof JsonArray) {
    return `[${value.items.map((item) => encodeJson(item, meter)).join(',')}]`;
  }
  const fields = [...value.fields].map(
    ([name, field]) => `${meter.text(JSON.stringify(name))}:${encodeJson(field, meter)}`,
  );
  return `{${fields.join(',')}}`;
}
