import { faultAt, NestedTooDeeply } from '../faults.js';
import type { MadeOrFaults } from '../engine/compilation.js';
import { jsonErrorOffset } from '../values/json-error.js';
import type { SourcePlace } from '../place.js';

/** A part of a JSON text, with where it begins and ends in it. */
export type DocumentNode = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'scalar' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly DocumentNode[] }
  | { readonly kind: 'object'; readonly fields: readonly DocumentField[] }
);

export type DocumentText = Extract<DocumentNode, { kind: 'text' }>;
export type DocumentObject = Extract<DocumentNode, { kind: 'object' }>;

interface DocumentField {
  readonly name: DocumentText;
  readonly value: DocumentNode;
}

/** Reads a JSON text and keeps the places. Never throws. */
export function parseDocument(source: string, maxDepth: number): MadeOrFaults<DocumentNode> {
  try {
    JSON.parse(source);
  } catch {
    return { ok: false, faults: [notJson(source)] };
  }
  try {
    return { ok: true, made: new JsonReader(source, maxDepth).value() };
  } catch (error) {
    if (!(error instanceof NestedTooDeeply)) throw error;
    return { ok: false, faults: [faultAt(error.place, 'template_too_large', error.message)] };
  }
}

/** Line and column of an offset, 1-based. */
export function placeAt(source: string, offset: number): SourcePlace {
  let [line, start] = [1, 0];
  for (let end = source.indexOf('\n'); end >= 0 && end < offset;) {
    [line, start] = [line + 1, end + 1];
    end = source.indexOf('\n', start);
  }
  return { line, column: offset - start + 1 };
}

/** The offset of a unit of a text in the source: an escape like `\n` or `\u00e9` stands for one. */
export function offsetInText(source: string, { start, end }: DocumentText, unit: number): number {
  let at = start + 1;
  for (let passed = 0; passed < unit && at < end - 1; passed += 1) {
    const length = source[at] !== '\\' ? 1 : source[at + 1] === 'u' ? 6 : 2;
    at += length;
  }
  return at;
}

function notJson(source: string) {
  const offset = jsonErrorOffset(source);
  return faultAt(placeAt(source, offset), 'syntax_error', reasonAt(source, offset));
}

function reasonAt(source: string, offset: number): string {
  const before = source.slice(0, offset).trimEnd();
  if (source.trim() === '') return 'The template is empty: it must be a JSON document.';
  if (offset >= source.length) return 'The JSON ends too early: a bracket or a text is not closed.';
  if (before.endsWith('{') && '{%#'.includes(source[offset] ?? '')) {
    return 'In a JSON document Twig stands inside of quotes: "{{ … }}".';
  }
  if (before.endsWith(',') && ']}'.includes(source[offset] ?? '')) {
    return 'There is a comma too many before this bracket.';
  }
  return 'The document is not valid JSON from here on.';
}

/** A text with its quotes, a bracket or sign, or a scalar. */
const TOKEN = /[ \t\n\r]*("[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^ \t\n\r{}[\]:,"]+)/y;

/** Reads a text that is known to be JSON, so nothing is checked but its depth. */
class JsonReader {
  #at = 0;
  #depth = 0;

  constructor(
    private readonly source: string,
    private readonly maxDepth: number,
  ) {}

  value(): DocumentNode {
    const { token, start, end } = this.#take();
    if (token === '[') return { kind: 'list', start, ...this.#inside(() => this.#items()) };
    if (token === '{') return { kind: 'object', start, ...this.#inside(() => this.#fields()) };
    if (token.startsWith('"')) return { kind: 'text', start, end, text: textOf(token) };
    return { kind: 'scalar', start, end };
  }

  #items(): { items: DocumentNode[]; end: number } {
    const items: DocumentNode[] = [];
    while (!this.#closes(']')) {
      items.push(this.value());
    }
    return { items, end: this.#at };
  }

  #fields(): { fields: DocumentField[]; end: number } {
    const fields: DocumentField[] = [];
    while (!this.#closes('}')) {
      const { token, start, end } = this.#take();
      this.#take();
      const name: DocumentText = { kind: 'text', start, end, text: textOf(token) };
      fields.push({ name, value: this.value() });
    }
    return { fields, end: this.#at };
  }

  /** Passes the end of a list or object, or the comma before what follows in it. */
  #closes(bracket: string): boolean {
    const before = this.#at;
    const { token } = this.#take();
    if (token !== bracket && token !== ',') this.#at = before;
    return token === bracket;
  }

  #inside<Read>(read: () => Read): Read {
    if (this.#depth >= this.maxDepth) throw new NestedTooDeeply(placeAt(this.source, this.#at));
    this.#depth += 1;
    const inside = read();
    this.#depth -= 1;
    return inside;
  }

  #take(): { token: string; start: number; end: number } {
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.source)?.[1] ?? '';
    this.#at = TOKEN.lastIndex;
    return { token, start: this.#at - token.length, end: this.#at };
  }
}

function textOf(token: string): string {
  const text: unknown = JSON.parse(token);
  return String(text);
}
