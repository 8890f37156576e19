/** How much one template may cost. Every number can be lowered or raised for a template. */
export interface TemplateLimits {
  /** Source, in bytes of UTF-8. */
  source: number;
  /** Tokens of the source: bounds the work of parsing it. */
  tokens: number;
  /** Nesting of tags and expressions. */
  depth: number;
  /** Macros that call each other. */
  calls: number;
  /** Steps of one render: every tag, print, loop turn, filter and compared or encoded element is one. */
  steps: number;
  /** One string made by the template, in UTF-16 units. */
  text: number;
  /** All strings made by one render together, in UTF-16 units. */
  work: number;
  /** Elements of one list or object made by the template. */
  items: number;
  /** The rendered body, in bytes of UTF-8. */
  body: number;
  /** Kinds of Intl formatters in one render: a time zone, or a locale with its options, is one. */
  formatters: number;
}

const STEPS_OF_A_FORMAT = 60;
const STEPS_OF_A_FORMATTER = 1_000;
const COMPARED_IN_A_STEP = 512;

/** The defaults: a template of 32 KiB, a body of 272 KiB, under 50 ms for the worst template. */
export const DEFAULT_TEMPLATE_LIMITS: TemplateLimits = {
  source: 32 * 1024,
  tokens: 8_000,
  depth: 200,
  calls: 50,
  steps: 100_000,
  text: 272 * 1024,
  work: 3 * 1024 * 1024,
  items: 10_000,
  body: 272 * 1024,
  formatters: 20,
};

/**
 * Ends a render. Thrown inside this folder only: `renderTemplate` makes a fault of it.
 * The message never holds a value of the event.
 */
export class TemplateFailure extends Error {
  override readonly name = 'TemplateFailure';

  constructor(
    readonly code: 'template_error' | 'template_limit',
    message: string,
  ) {
    super(message);
  }
}

/** Counts what one render costs, and ends it when it costs too much. */
export class Meter {
  #steps = 0;
  #work = 0;
  #calls = 0;
  readonly #formatters = new Set<string>();

  constructor(private readonly limits: TemplateLimits) {}

  /** What is left of these, for another render that is to cost no more in all. */
  get left(): Pick<TemplateLimits, 'steps' | 'work'> {
    const { steps, work } = this.limits;
    return { steps: steps - this.#steps, work: work - this.#work };
  }

  /** Charges work that produces no string: a turn of a loop, a compared element. */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > this.limits.steps) {
      throw exceeded(`takes more than ${this.limits.steps} steps`);
    }
  }

  /** Asks for a string of this length BEFORE it is made. */
  reserve(length: number): void {
    if (length > this.limits.text) {
      throw exceeded(`makes a text longer than ${this.limits.text} characters`);
    }
    this.chargeText(length);
  }

  /** Charges work on text that makes none, or is slower than copying it, as so many copied characters. */
  chargeText(characters: number): void {
    this.#work += characters;
    if (this.#work > this.limits.work) {
      throw exceeded(`makes more than ${this.limits.work} characters of text in all`);
    }
  }

  /** Charges a string that exists already. */
  text(made: string): string {
    this.reserve(made.length);
    return made;
  }

  /** Charges looking for one text in another: at worst every character is compared with every other. */
  search(text: string, part: string): void {
    this.step(Math.ceil((text.length * part.length) / COMPARED_IN_A_STEP));
  }

  /** Charges one use of a formatter, and much more for the first use of its kind: making one is slow. */
  formatter(kind: string): void {
    this.step(STEPS_OF_A_FORMAT);
    if (this.#formatters.has(kind)) return;
    if (this.#formatters.size >= this.limits.formatters) {
      throw exceeded(`uses more than ${this.limits.formatters} time zones, locales and formats`);
    }
    this.#formatters.add(kind);
    this.step(STEPS_OF_A_FORMATTER);
  }

  /** Asks for a list or object of this size BEFORE it is made. */
  items(count: number): void {
    if (count > this.limits.items) {
      throw exceeded(`makes a list longer than ${this.limits.items} elements`);
    }
    this.step(count);
  }

  /** Runs a macro one level deeper. */
  enter<T>(call: () => T): T {
    if (++this.#calls > this.limits.calls) {
      throw exceeded(`calls macros more than ${this.limits.calls} levels deep`);
    }
    const result = call();
    this.#calls -= 1;
    return result;
  }
}

function exceeded(what: string): TemplateFailure {
  return new TemplateFailure('template_limit', `The template ${what}.`);
}
