import type { Meter } from '../limits.js';
import { ListValue, Markup, type TemplateValue } from './template-value.js';

const NEEDS_ESCAPING = /[^ !#-[\]-~]/;

/** Makes a text safe between the quotes of a JSON string. Lone surrogates become U+FFFD. */
export function escapeText(text: string): string {
  if (!NEEDS_ESCAPING.test(text)) return text;
  return JSON.stringify(text.toWellFormed()).slice(1, -1);
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
  const writer = new JsonWriter(meter);
  writer.value(value);
  return meter.text(writer.json);
}

/** Writes piece by piece, so that no piece is charged once more for each level that it stands in. */
class JsonWriter {
  json = '';

  constructor(private readonly meter: Meter) {}

  value(value: TemplateValue): void {
    if (value instanceof Markup) return this.#write(JSON.stringify(value.plain));
    if (typeof value !== 'object' || value === null) return this.#write(JSON.stringify(value));
    this.meter.step(2);
    const { json } = value;
    if (json !== undefined) return this.#write(json);
    this.meter.step(2 * value.size);
    if (value instanceof ListValue) this.#items(value.items);
    else this.#fields(value.fields);
  }

  #items(items: readonly TemplateValue[]): void {
    this.json += '[';
    items.forEach((item, index) => {
      if (index > 0) this.json += ',';
      this.value(item);
    });
    this.json += ']';
  }

  #fields(fields: ReadonlyMap<string, TemplateValue>): void {
    let separator = '{';
    for (const [name, value] of fields) {
      this.#write(`${separator}${JSON.stringify(name)}:`);
      this.value(value);
      separator = ',';
    }
    this.json += fields.size === 0 ? '{}' : '}';
  }

  #write(piece: string): void {
    this.json += this.meter.text(piece);
  }
}
