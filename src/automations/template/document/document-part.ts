import type { Fault } from '../../../errors.js';
import { type DocumentText, offsetInText, placeAt } from './json-document.js';
import type { Part } from '../engine/run.js';
import type { SourcePlace } from '../place.js';

const LINE_END = /\r\n?|\n/g;

interface PlacedText {
  /** Of the text in the document: `$.embeds[0].title`. */
  path: string;
  /** The document. */
  source: string;
  text: DocumentText;
  /** What stands before the text in the Twig that is made of it. */
  prefix?: string;
}

/** A text of a document that holds Twig. Its places are those of the Twig, and are told as places of the document. */
export class DocumentPart implements Part {
  readonly path: string;
  readonly #source: string;
  readonly #text: DocumentText;
  readonly #prefix: string;

  constructor({ path, source, text, prefix = '' }: PlacedText) {
    this.path = path;
    this.#source = source;
    this.#text = text;
    this.#prefix = prefix;
  }

  locate(place: SourcePlace): SourcePlace {
    const twig = this.#prefix + this.#text.text;
    const unit = Math.max(0, unitAt(twig, place) - this.#prefix.length);
    return placeAt(this.#source, offsetInText(this.#source, this.#text, unit));
  }

  /** A fault of the Twig as one of the document. */
  fault({ line = 1, column = 1, message, ...fault }: Fault): Fault {
    return { ...fault, message: `${this.path}: ${message}`, ...this.locate({ line, column }) };
  }
}

function unitAt(text: string, { line, column }: SourcePlace): number {
  const ends = [...text.matchAll(LINE_END)].map((end) => end.index + end[0].length);
  return (line > 1 ? (ends[line - 2] ?? 0) : 0) + column - 1;
}
