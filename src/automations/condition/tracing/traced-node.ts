import { joinPath } from '../join-path.js';

/**
 * A part of a condition with its place. json-logic-js evaluates it like any rule: `rule` is the same operator or list,
 * its own parts wrapped in turn when they are first needed.
 */
export class TracedNode {
  /** The operator; null for a constant or a list. */
  readonly operator: string | null;
  /** As in faults: `and[0].==`. */
  readonly path: string;
  readonly #value: unknown;
  #rule: unknown;

  constructor(
    value: unknown,
    place: string,
    /** Which argument of its operator it is. */
    readonly index: number,
  ) {
    this.operator = operatorOf(value);
    this.path = this.operator === null ? place : joinPath(place, this.operator);
    this.#value = value;
  }

  get rule(): unknown {
    return (this.#rule ??= this.#wrapped());
  }

  #wrapped(): unknown {
    const { operator, path } = this;
    const value = this.#value;
    if (operator === null) return Array.isArray(value) ? wrapAll(value, path) : value;
    const given: unknown = Reflect.get(Object(value), operator);
    const args = Array.isArray(given) ? wrapAll(given, path) : [new TracedNode(given, path, 0)];
    return { [operator]: args };
  }
}

function wrapAll(values: readonly unknown[], path: string): TracedNode[] {
  return values.map((value, index) => new TracedNode(value, `${path}[${index}]`, index));
}

/** As json-logic-js sees it: an object with one key is an operation, any other is a constant. */
function operatorOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const [name = null, ...others] = Object.keys(value);
  return others.length === 0 ? name : null;
}
