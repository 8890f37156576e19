import type { CallTools } from '../library/callable.js';
import { ObjectValue, type TemplateValue } from '../values/template-value.js';
import type { Run } from './run.js';

/** The event's context: read by name, shared with other templates, never written. */
interface Variables {
  get(name: string): TemplateValue | undefined;
}

interface ScopeParts {
  tools: CallTools;
  context: Variables | undefined;
  own?: Map<string, TemplateValue>;
  parent?: Scope;
  isLoop?: boolean;
}

/** Outer scopes that one step looks through. */
const SCOPES_IN_A_STEP = 8;

/**
 * The variables that a part of a template sees. Writing goes to maps of this render only: the event's context
 * below the root is shared with other templates and is only read.
 */
export class Scope {
  readonly #own: Map<string, TemplateValue>;
  readonly #parent: Scope | undefined;
  readonly #isLoop: boolean;
  /** What looking a name up costs at worst, in steps. */
  readonly #reach: number;
  readonly #depth: number;

  readonly tools: CallTools;
  readonly #context: Variables | undefined;

  private constructor(
    readonly run: Run,
    { tools, context, own, parent, isLoop = false }: ScopeParts,
  ) {
    this.tools = tools;
    this.#context = context;
    this.#own = own ?? new Map<string, TemplateValue>();
    this.#parent = parent;
    this.#isLoop = isLoop;
    this.#depth = parent ? parent.#depth + 1 : 0;
    this.#reach = 1 + Math.floor(this.#depth / SCOPES_IN_A_STEP);
  }

  /** The outermost scope, on top of the event's context. */
  static root(run: Run, context: Variables): Scope {
    const tools = { ...run.tools, timeZone: timeZoneOf(context.get('workspace')) };
    return new Scope(run, { tools, context });
  }

  /** A scope that sees nothing but these variables: the body of a macro, `with … only`. */
  isolated(own: Map<string, TemplateValue>): Scope {
    return new Scope(this.run, { tools: this.tools, context: undefined, own });
  }

  /** A scope whose assignments end with it: `with`, an arrow function. */
  nested(own: Map<string, TemplateValue>): Scope {
    return new Scope(this.run, { tools: this.tools, context: this.#context, own, parent: this });
  }

  /** A scope whose assignments to variables known outside reach them: `for`. */
  looping(): Scope {
    const { tools, run } = this;
    return new Scope(run, { tools, context: this.#context, parent: this, isLoop: true });
  }

  get(name: string): TemplateValue | undefined {
    this.run.meter.step(this.#reach);
    const holder = Scope.#holderOf(this, name);
    return holder ? holder.#own.get(name) : this.#context?.get(name);
  }

  assign(name: string, value: TemplateValue): void {
    this.run.meter.step(this.#reach);
    this.#target(name).declare(name, value);
  }

  declare(name: string, value: TemplateValue): void {
    this.#own.set(name, value);
  }

  /** Where an assignment goes: to the loop's surroundings if they know the name, else here. */
  #target(name: string): Scope {
    const known = Scope.#holderOf(this, name);
    if (!known && this.#context?.get(name) === undefined) return this;
    return Scope.#surroundingsOf(this, known);
  }

  /** The innermost scope that has the name of its own. Walked and not recursive: scopes nest by the hundred. */
  static #holderOf(innermost: Scope, name: string): Scope | undefined {
    let scope: Scope | undefined = innermost;
    while (scope && !scope.#own.has(name)) scope = scope.#parent;
    return scope;
  }

  /** Out of the loops, until the scope that has the name. */
  static #surroundingsOf(innermost: Scope, known: Scope | undefined): Scope {
    let scope = innermost;
    while (scope.#isLoop && scope !== known && scope.#parent) scope = scope.#parent;
    return scope;
  }
}

function timeZoneOf(workspace: TemplateValue | undefined): string {
  const zone = workspace instanceof ObjectValue ? workspace.fields.get('timeZone') : undefined;
  return typeof zone === 'string' ? zone : 'UTC';
}
