import type { TemplateValue } from './json-value.js';
import type { Run } from './run.js';

type Variables = ReadonlyMap<string, TemplateValue>;

/**
 * The variables that a part of a template sees. Writing goes to maps of this render only: the event's context
 * below the root is shared with other templates and is only read.
 */
export class Scope {
  readonly #own: Map<string, TemplateValue>;
  readonly #loop: boolean;

  private constructor(
    readonly run: Run,
    private readonly parent: Scope | Variables | undefined,
    { own, loop }: { own?: Map<string, TemplateValue>; loop?: boolean },
  ) {
    this.#own = own ?? new Map<string, TemplateValue>();
    this.#loop = loop ?? false;
  }

  /** The outermost scope, on top of the event's context. */
  static root(run: Run, context: Variables): Scope {
    return new Scope(run, context, {});
  }

  /** A scope that sees nothing but these variables: the body of a macro, `with … only`. */
  isolated(own: Map<string, TemplateValue>): Scope {
    return new Scope(this.run, undefined, { own });
  }

  /** A scope whose assignments end with it: `with`, an arrow function. */
  nested(own: Map<string, TemplateValue>): Scope {
    return new Scope(this.run, this, { own });
  }

  /** A scope whose assignments to variables known outside reach them: `for`. */
  looping(): Scope {
    return new Scope(this.run, this, { loop: true });
  }

  get(name: string): TemplateValue | undefined {
    const own = this.#own.get(name);
    return own === undefined ? this.parent?.get(name) : own;
  }

  assign(name: string, value: TemplateValue): void {
    const { parent } = this;
    const isOuter = this.#loop && !this.#own.has(name) && parent?.get(name) !== undefined;
    if (isOuter && parent instanceof Scope) parent.assign(name, value);
    else this.declare(name, value);
  }

  declare(name: string, value: TemplateValue): void {
    this.#own.set(name, value);
  }
}
