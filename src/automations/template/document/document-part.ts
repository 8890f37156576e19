import type { Fault } from '../../../errors.js';
import { type DocumentText, offsetInText, placeAt } from './json-document.js';
import type { Part, Place } from '../engine/run.js';

const LONGEST_PATH = 120;
const PLAIN_NAME = /^[A-Za-z_$][\w$]*$/;
const LINE_END = /\r\n?|\n/g;

/** A text of a document that holds Twig. Its places are those of the Twig, and are told as places of the document. */
export class DocumentPart implements Part {
  constructor(
    readonly path: string,
    private readonly source: string,
    private readonly text: DocumentText,
    /** What stands before the text in the Twig that is made of it. */
    private readonly prefix = '',
  ) {}

  locate(place: Place): Place {
    const twig = this.prefix + this.text.text;
    const unit = Math.max(0, unitAt(twig, place) - this.prefix.length);
    return placeAt(this.source, offsetInText(this.source, this.text, unit));
  }

  /** A fault of the Twig as one of the document. */
  fault({ line = 1, column = 1, message, ...fault }: Fault): Fault {
    return { ...fault, message: `${this.path}: ${message}`, ...this.locate({ line, column }) };
  }
}

/** The path of a field or an item: `$.embeds[0].title`, `$["a b"]`. It is cut where it gets long. */
export function pathTo(path: string, step: string | number): string {
  if (path.length > LONGEST_PATH) return path.endsWith('…') ? path : `${path}…`;
  if (typeof step === 'number') return `${path}[${step}]`;
  const name = step.slice(0, LONGEST_PATH);
  return PLAIN_NAME.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

function unitAt(text: string, { line, column }: Place): number {
  const ends = [...text.matchAll(LINE_END)].map((end) => end.index + end[0].length);
  return (line > 1 ? (ends[line - 2] ?? 0) : 0) + column - 1;
}
