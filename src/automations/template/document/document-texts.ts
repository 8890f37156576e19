import type { Compiled, Evaluate, Execute } from '../engine/compilation.js';
import { DocumentPart } from './document-part.js';
import { type Fault, MAX_FAULTS } from '../../../errors.js';
import { faultAt } from '../faults.js';
import { type DocumentNode, type DocumentText, placeAt } from './json-document.js';
import type { TemplateLimits } from '../limits.js';
import type { Part } from '../engine/run.js';
import { type CompiledText, compileText, compileTwig } from '../engine/twig.js';

/** Texts with Twig in one document: each is parsed by itself, which takes 0.1 to 0.2 ms. */
export const MAX_TEXTS = 500;

/** Its place in the document, and what puts faults there. */
const BYTES_OF_A_TEXT = 200;

const EXPRESSION_START = '{{ ';

/** What was made of a text, and where it stands. */
export interface Placed<Made> {
  readonly made: Made;
  readonly part: Part;
}

/** Compiles the Twig of one document, text by text, and notes what is wrong with it. */
export class DocumentTexts {
  readonly faults: Fault[] = [];
  /** About how much memory the texts keep that compile. */
  bytes = 0;
  #count = 0;

  constructor(
    private readonly source: string,
    private readonly limits: TemplateLimits,
  ) {}

  /** A text with Twig in it. Undefined when it does not compile. */
  text(node: DocumentText, path: string): Placed<CompiledText> | undefined {
    const part = new DocumentPart({ path, source: this.source, text: node });
    return this.#placed(part, node, () => compileText(node.text, this.limits));
  }

  /** The name of a field with Twig in it: always text. Undefined when it does not compile. */
  name(node: DocumentText, path: string): Placed<Execute> | undefined {
    const part = new DocumentPart({ path, source: this.source, text: node });
    return this.#placed(part, node, () => compileTwig(node.text, this.limits));
  }

  /** The expression of a directive, written without the braces. Undefined when it does not compile. */
  expression(node: DocumentNode, path: string): Placed<Evaluate> | undefined {
    if (node.kind !== 'text' || node.text.includes('{{')) {
      const message = 'This must be a text that is an expression, without {{ }}: "data.items".';
      return this.refuse(node, 'syntax_error', `${path}: ${message}`);
    }
    const part = new DocumentPart({
      path,
      source: this.source,
      text: node,
      prefix: EXPRESSION_START,
    });
    const twig = `${EXPRESSION_START}${node.text} }}`;
    const compiled = this.#placed(part, node, () => compileText(twig, this.limits));
    if (compiled?.made.kind === 'value') return { made: compiled.made.evaluate, part };
    return compiled && this.refuse(node, 'syntax_error', `${path}: This must be one expression.`);
  }

  /** Notes what is wrong at the beginning of a part. */
  refuse(node: DocumentNode, code: string, message: string): undefined {
    if (this.isFull) return;
    this.faults.push(faultAt(placeAt(this.source, node.start), code, message));
  }

  /** Whether further faults are not looked for. */
  get isFull(): boolean {
    return this.faults.length >= MAX_FAULTS;
  }

  #placed<Made>(
    part: DocumentPart,
    node: DocumentText,
    compile: () => Compiled<Made>,
  ): Placed<Made> | undefined {
    this.#count += 1;
    if (this.isFull || this.#count > MAX_TEXTS + 1) return undefined;
    if (this.#count > MAX_TEXTS) {
      const message = `The document has more than ${MAX_TEXTS} texts with Twig: use $for.`;
      return this.refuse(node, 'template_too_large', message);
    }
    const outcome = compile();
    if (outcome.ok) {
      this.bytes += outcome.bytes + BYTES_OF_A_TEXT;
      return { made: outcome.made, part };
    }
    const found = outcome.faults.slice(0, MAX_FAULTS - this.faults.length);
    this.faults.push(...found.map((fault) => part.fault(fault)));
    return undefined;
  }
}
