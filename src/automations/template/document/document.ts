import type { Compiled, Evaluate, Execute } from '../engine/compilation.js';
import { directiveOf, isComplete } from './directives.js';
import {
  choice,
  constant,
  type DocumentValue,
  list,
  loop,
  type LoopNames,
  mixedText,
  object,
  type ObjectField,
  spread,
  typedText,
  written,
} from './document-nodes.js';
import { pathTo } from '../path-to.js';
import { DocumentTexts, type Placed } from './document-texts.js';
import { encodeJson } from '../values/escape.js';
import { wholeFault } from '../faults.js';
import {
  type DocumentNode,
  type DocumentObject,
  type DocumentText,
  parseDocument,
} from './json-document.js';
import type { JsonValue } from '../../../json.js';
import type { TemplateLimits } from '../limits.js';
import { FORBIDDEN_VARIABLES } from '../library/policy.js';
import type { Scope } from '../engine/scope.js';

/** Compiles a JSON document whose texts are Twig. Never throws. */
export function compileDocument(source: string, limits: TemplateLimits): Compiled<Execute> {
  if (Buffer.byteLength(source) > limits.source) {
    const message = `The template is larger than ${limits.source} bytes.`;
    return { ok: false, faults: [wholeFault('template_too_large', message)] };
  }
  const parsed = parseDocument(source, limits.depth);
  if (!parsed.ok) return parsed;
  const texts = new DocumentTexts(source, limits);
  const compiler = new DocumentCompiler(source, texts);
  const root = compiler.part(parsed.made, '$');
  if (texts.faults.length > 0) return { ok: false, faults: texts.faults };
  const bytes = texts.bytes + compiler.parts * BYTES_OF_A_PART;
  return { ok: true, made: render(root), bytes };
}

function render(root: DocumentValue): Execute {
  return (scope) => {
    const { run } = scope;
    run.literal(encodeJson(root.value(scope) ?? null, run.meter));
  };
}

/** A value, an item or a field, with the functions that make it; measured with Node 20 to 24. */
const BYTES_OF_A_PART = 600;

type Fields = ReadonlyMap<string, DocumentNode>;

const TWIG = /\{[{%#]/;
const RESERVED: ReadonlySet<string> = new Set([...FORBIDDEN_VARIABLES, 'loop']);
const LOOP_NAMES = /^\s*(?:([A-Za-z_]\w*)\s*,\s*)?([A-Za-z_]\w*)\s*$/;

/** What stands for a part that is wrong, so that one look finds all faults. */
const NOTHING = constant(null);
const NO_EXPRESSION: Placed<Evaluate> = {
  made: () => null,
  part: { path: '$', locate: (place) => place },
};

class DocumentCompiler {
  /** Values that were compiled. */
  parts = 0;

  constructor(
    private readonly source: string,
    private readonly texts: DocumentTexts,
  ) {}

  part(node: DocumentNode, path: string): DocumentValue {
    this.parts += 1;
    if (this.texts.isFull) return NOTHING;
    switch (node.kind) {
      case 'scalar':
        return this.#scalar(node, path);
      case 'text':
        return this.#text(node, path);
      case 'list':
        return list(node.items.map((item, index) => this.part(item, pathTo(path, index))));
      case 'object':
        this.#refuseDuplicates(node, path);
        return this.#directive(node, path) ?? object(this.#fields(node, path));
    }
  }

  #scalar(node: DocumentNode, path: string): DocumentValue {
    const digits = this.source.slice(node.start, node.end);
    const json: JsonValue = JSON.parse(digits);
    if (typeof json === 'number' && !isExact(json, digits)) {
      const message = `${path}: This number is too large to stay exact: write it in quotes.`;
      this.texts.refuse(node, 'inexact_number', message);
    }
    return constant(json);
  }

  #text(node: DocumentText, path: string): DocumentValue {
    if (!TWIG.test(node.text)) return constant(node.text);
    const text = this.texts.text(node, path);
    if (!text) return NOTHING;
    const { made, part } = text;
    if (made.kind === 'value') return typedText({ made: made.evaluate, part });
    return mixedText({ made: made.execute, part });
  }

  #fields(node: DocumentObject, path: string): ObjectField[] {
    return node.fields.map(({ name, value }) => {
      const inner = pathTo(path, name.text);
      if (name.text === '$spread') return { spread: this.#expression(value, inner) };
      return { name: this.#name(name, inner), value: this.part(value, inner) };
    });
  }

  #name(node: DocumentText, path: string): string | ((scope: Scope) => string) {
    const name = TWIG.test(node.text) ? this.texts.name(node, path) : undefined;
    return name ? written(name) : node.text;
  }

  #refuseDuplicates(node: DocumentObject, path: string): void {
    const seen = new Set<string>();
    for (const { name } of node.fields) {
      if (this.texts.isFull) return;
      if (seen.has(name.text)) {
        const message = `${pathTo(path, name.text)}: This field is written twice.`;
        this.texts.refuse(name, 'duplicate_field', message);
      }
      seen.add(name.text);
    }
  }

  /** What an object stands for; undefined when it is an object and nothing else. */
  #directive(node: DocumentObject, path: string): DocumentValue | undefined {
    const fields = new Map(node.fields.map(({ name, value }) => [name.text, value]));
    const alone = fields.size === 1 ? fields.get('$spread') : undefined;
    if (alone) return spread(this.#expression(alone, pathTo(path, '$spread')));
    const directive = directiveOf(node);
    if (!directive) return undefined;
    if (!isComplete(node, directive, { path, texts: this.texts })) return NOTHING;
    return directive.name === '$for' ? this.#loop(fields, path) : this.#choice(fields, path);
  }

  #choice(fields: Fields, path: string): DocumentValue {
    const condition = this.#expression(fields.get('$if'), pathTo(path, '$if'));
    const [then = NOTHING, otherwise] = ['then', 'else'].map((name) => {
      const node = fields.get(name);
      return node && this.part(node, pathTo(path, name));
    });
    return choice(condition, then, otherwise);
  }

  #loop(fields: Fields, path: string): DocumentValue {
    const names = this.#loopNames(fields.get('$for'), pathTo(path, '$for'));
    const sequence = this.#expression(fields.get('in'), pathTo(path, 'in'));
    const node = fields.get('do');
    const body = node ? this.part(node, pathTo(path, 'do')) : NOTHING;
    return loop({ ...names, sequence, body });
  }

  #loopNames(node: DocumentNode | undefined, path: string): LoopNames {
    const text = node?.kind === 'text' ? node.text : '';
    const [, key, name] = LOOP_NAMES.exec(text) ?? [];
    const reserved = [key, name].some((each) => each && RESERVED.has(each));
    if (name !== undefined && !reserved) return { key, name };
    const message = `${path}: Write the name of a variable, or two: "item" or "key, value".`;
    if (node) this.texts.refuse(node, 'syntax_error', message);
    return { key: undefined, name: '' };
  }

  #expression(node: DocumentNode | undefined, path: string): Placed<Evaluate> {
    const expression = node && this.texts.expression(node, path);
    return expression ?? NO_EXPRESSION;
  }
}

/** Ids of 18 digits are common, and JSON.parse rounds them without a word. */
function isExact(value: number, digits: string): boolean {
  if (!/^-?\d+$/.test(digits) || value === 0) return Number.isFinite(value);
  return String(value) === digits;
}
