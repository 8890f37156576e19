import type { CallTools } from '../library/callable.js';
import { Markup, type TemplateValue } from '../values/template-value.js';
import { Meter, TemplateFailure, type TemplateLimits } from '../limits.js';
import type { SourcePlace } from '../place.js';

/** A part of a document whose places are counted from its own beginning. */
export interface Part {
  /** Where it stands in the document: `$.embeds[0].title`. */
  readonly path: string;
  /** A place within the part, as a place of the document. */
  locate(place: SourcePlace): SourcePlace;
}

/** Whether the body is what was printed after escaping, or before. */
export type Printing = 'escaped' | 'plain';

/** A piece of the body and the part of the template that wrote it. */
export interface Piece {
  readonly text: string;
  readonly place: SourcePlace;
  /** Whether it is text of the template itself, so that a place can be counted within it. */
  readonly literal: boolean;
}

/** Collects text twice: as it will be sent, and as it reads before escaping (see Markup). */
class Output {
  escaped = '';
  plain = '';
}

/** One render of one template: what it costs, where it is, and what it has written. */
export class Run {
  readonly meter: Meter;
  readonly tools: CallTools;
  /** The part that runs now: a failure is reported there. */
  place: SourcePlace | undefined;
  /** The part of a document that runs now, if the template is one. */
  part: Part | undefined;
  /** Set to an empty list to learn which part of the template wrote which piece of the body. */
  pieces: Piece[] | undefined;
  readonly #body = new Output();
  #output = this.#body;

  constructor(
    private readonly limits: TemplateLimits,
    now: TemplateValue,
    private readonly printing: Printing,
  ) {
    this.meter = new Meter(limits);
    this.tools = { meter: this.meter, now };
  }

  /** Writes what an expression printed. */
  print(escaped: string, plain: string): void {
    this.#write(escaped, plain);
    this.#note(this.printing === 'escaped' ? escaped : plain, false);
  }

  /** Writes text of the template itself. */
  literal(text: string): void {
    this.#write(text, text);
    this.#note(text, true);
  }

  /** What a part of the template writes, as a value instead of into the body. */
  capture(part: () => void): Markup {
    const outer = this.#output;
    const inner = (this.#output = new Output());
    part();
    this.#output = outer;
    this.meter.reserve(inner.escaped.length);
    return new Markup(inner.escaped, inner.plain);
  }

  /** Runs a part of a document: what fails in it is reported there. */
  within<Made>(part: Part, make: () => Made): Made {
    this.part = part;
    this.place = undefined;
    const made = make();
    this.part = undefined;
    this.place = undefined;
    return made;
  }

  get body(): string {
    return this.#body[this.printing];
  }

  #write(escaped: string, plain: string): void {
    this.#output.escaped += escaped;
    this.#output.plain += plain;
    if (this.#output[this.printing].length > this.limits.body) {
      throw new TemplateFailure(
        'template_limit',
        `The rendered body is larger than ${this.limits.body} bytes.`,
      );
    }
  }

  #note(text: string, literal: boolean): void {
    if (!this.pieces || !this.place || this.#output !== this.#body) return;
    this.pieces.push({ text, place: this.place, literal });
  }
}
