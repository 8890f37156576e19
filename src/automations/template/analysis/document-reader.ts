import type { TwingTemplateNode } from 'twing/light';
import { DocumentPart } from '../document/document-part.js';
import { MAX_TEXTS } from '../document/document-texts.js';
import type { Findings } from './findings.js';
import {
  type DocumentNode,
  type DocumentObject,
  type DocumentText,
  parseDocument,
} from '../document/json-document.js';
import { type KnownNames, LOOP } from './known-names.js';
import type { TemplateLimits } from '../limits.js';
import { pathTo } from '../path-to.js';
import { parse } from '../parsing/parser.js';
import { itemOf, type Reading, UNKNOWN } from './readings.js';
import { TemplateReader } from './template-reader.js';

const TWIG = /\{[{%#]/;

/** Notes what the texts of a JSON document read. Nothing when it is not one. */
export function readDocument(source: string, names: KnownNames, reading: DocumentReading): void {
  const parsed = parseDocument(source, reading.limits.depth);
  if (parsed.ok) new DocumentReader(source, reading).part(parsed.made, '$', names);
}

interface DocumentReading {
  findings: Findings;
  limits: TemplateLimits;
}

class DocumentReader {
  #texts = 0;

  constructor(
    private readonly source: string,
    private readonly reading: DocumentReading,
  ) {}

  part(node: DocumentNode, path: string, names: KnownNames): void {
    if (node.kind === 'text') this.#text(node, path, names);
    if (node.kind === 'list') {
      node.items.forEach((item, index) => this.part(item, pathTo(path, index), names));
    }
    if (node.kind === 'object') this.#object(node, path, names);
  }

  #object(node: DocumentObject, path: string, names: KnownNames): void {
    const fields = new Map(node.fields.map(({ name, value }) => [name.text, value]));
    const expression = (name: string) =>
      this.#expression(fields.get(name), pathTo(path, name), names);
    const inner = fields.has('$for')
      ? loopNames(fields.get('$for'), expression('in'), names)
      : names;
    expression('$if');
    expression('$spread');
    const directives = fields.has('$for') ? ['$for', 'in'] : ['$if', '$spread'];
    for (const { name, value } of node.fields) {
      if (directives.includes(name.text)) continue;
      this.#text(name, pathTo(path, name.text), names);
      this.part(value, pathTo(path, name.text), inner);
    }
  }

  /** What a text sets ends with it. */
  #text(node: DocumentText, path: string, names: KnownNames): void {
    if (!TWIG.test(node.text)) return;
    const part = new DocumentPart({ path, source: this.source, text: node });
    this.#twig(node.text, part, (reader, tree) => reader.template(tree, names.nested()));
  }

  #expression(node: DocumentNode | undefined, path: string, names: KnownNames): Reading {
    if (node?.kind !== 'text') return UNKNOWN;
    const part = new DocumentPart({ path, source: this.source, text: node, prefix: '{{ ' });
    const read = (reader: TemplateReader, tree: TwingTemplateNode) => reader.sole(tree, names);
    return this.#twig(`{{ ${node.text} }}`, part, read) ?? UNKNOWN;
  }

  #twig<Read>(
    twig: string,
    part: DocumentPart,
    read: (reader: TemplateReader, tree: TwingTemplateNode) => Read,
  ): Read | undefined {
    this.#texts += 1;
    if (this.#texts > MAX_TEXTS) return undefined;
    const parsed = parse(twig, this.reading.limits);
    if (!parsed.ok) return undefined;
    const reader = new TemplateReader(this.reading.findings, (fault) => part.fault(fault));
    return read(reader, parsed.tree);
  }
}

/** The names that `$for` declares: "item", or "key, value". */
function loopNames(
  declared: DocumentNode | undefined,
  sequence: Reading,
  names: KnownNames,
): KnownNames {
  const written = declared?.kind === 'text' ? declared.text.split(',') : [];
  const [name = '', key] = written.map((each) => each.trim()).toReversed();
  const inner = names.nested({ own: new Map([['loop', LOOP]]) });
  if (key) inner.declare(key, UNKNOWN);
  inner.declare(name, itemOf(sequence, name));
  return inner;
}
