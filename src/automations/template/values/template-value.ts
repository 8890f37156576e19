import type { JsonValue } from '../../../json.js';

/**
 * All that a template can ever hold: scalars and three immutable classes of our own. There is no function, no
 * prototype and no foreign instance among them, so there is nothing that a template could call or pollute.
 */
export type TemplateValue = null | boolean | number | string | ListValue | ObjectValue | Markup;

/** A list. Made from event data it remembers its source, so that printing it untouched is one `JSON.stringify`. */
export class ListValue {
  #items: readonly TemplateValue[] | undefined;
  #json: string | undefined;

  private constructor(
    private readonly source: readonly JsonValue[] | undefined,
    items?: readonly TemplateValue[],
  ) {
    this.#items = items;
  }

  static from(source: readonly JsonValue[]): ListValue {
    return new ListValue(source);
  }

  static of(items: readonly TemplateValue[]): ListValue {
    return new ListValue(undefined, items);
  }

  get items(): readonly TemplateValue[] {
    return (this.#items ??= (this.source ?? []).map(toTemplateValue));
  }

  get size(): number {
    return this.source?.length ?? this.items.length;
  }

  /** The JSON text, if this list came from data; shared by all templates of the event. */
  get json(): string | undefined {
    return this.source && (this.#json ??= JSON.stringify(this.source));
  }
}

/** An object: own fields only, in order. An empty one stays apart from an empty list. */
export class ObjectValue {
  #fields: ReadonlyMap<string, TemplateValue> | undefined;
  #json: string | undefined;

  private constructor(
    private readonly source: { readonly [name: string]: JsonValue } | undefined,
    fields?: ReadonlyMap<string, TemplateValue>,
  ) {
    this.#fields = fields;
  }

  static from(source: { readonly [name: string]: JsonValue }): ObjectValue {
    return new ObjectValue(source);
  }

  static of(fields: ReadonlyMap<string, TemplateValue>): ObjectValue {
    return new ObjectValue(undefined, fields);
  }

  get fields(): ReadonlyMap<string, TemplateValue> {
    return (this.#fields ??= convertFields(this.source ?? {}));
  }

  get size(): number {
    return this.fields.size;
  }

  /** The JSON text, if this object came from data; shared by all templates of the event. */
  get json(): string | undefined {
    return this.source && (this.#json ??= JSON.stringify(this.source));
  }
}

/**
 * Text that is already JSON-safe: a capture, the result of a macro or of `|json`. It is printed as `escaped`;
 * whatever computes with it (filters, `~`, `==`) sees `plain` and its result is escaped again when printed.
 */
export class Markup {
  constructor(
    readonly escaped: string,
    readonly plain: string,
  ) {}
}

/** Deep-converts JSON data, each level when a template first looks into it. What is not JSON becomes null. */
export function toTemplateValue(value: JsonValue): TemplateValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value === null || typeof value !== 'object') return null;
  return isList(value) ? ListValue.from(value) : ObjectValue.from(value);
}

function convertFields(
  source: Readonly<Record<string, JsonValue>>,
): ReadonlyMap<string, TemplateValue> {
  return new Map(Object.entries(source).map(([name, value]) => [name, toTemplateValue(value)]));
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
