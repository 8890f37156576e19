import { type Operation, operationOf } from '../../operation.js';
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
  readonly #operation: Operation<unknown> | undefined;
  #rule: unknown;

  constructor(
    value: unknown,
    place: string,
    /** Which argument of its operator it is. */
    readonly index: number,
  ) {
    this.#operation = operationOf(value);
    this.operator = this.#operation?.name ?? null;
    this.path = this.operator === null ? place : joinPath(place, this.operator);
    this.#value = value;
  }

  get rule(): unknown {
    return (this.#rule ??= this.#wrapped());
  }

  #wrapped(): unknown {
    const { path } = this;
    const value = this.#value;
    if (!this.#operation) return Array.isArray(value) ? wrapAll(value, path) : value;
    const { name, args, isShort } = this.#operation;
    return {
      [name]: isShort ? args.map((only) => new TracedNode(only, path, 0)) : wrapAll(args, path),
    };
  }
}

function wrapAll(values: readonly unknown[], path: string): TracedNode[] {
  return values.map((value, index) => new TracedNode(value, `${path}[${index}]`, index));
}
