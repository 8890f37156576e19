import { nearestName } from '../../nearest-name.js';

/** How an operator of json-logic-js may be written. */
export interface Operator {
  /** Least and greatest number of arguments; Infinity is bounded by the limit on lists. */
  min: number;
  max: number;
  /** Set for operators that run their second argument once per item of their first. */
  loopsOver?: 'items' | 'accumulation';
}

const MANY = Infinity;

function takes(min: number, max: number = min): Operator {
  return { min, max };
}

const loop: Operator = { min: 2, max: 2, loopsOver: 'items' };

/** Every operator a condition may use: those of json-logic-js 2.0.5 without `log`, which prints. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    var: takes(0, 2),
    missing: takes(0, MANY),
    missing_some: takes(2),
    if: takes(1, MANY),
    '?:': takes(3),
    '==': takes(2),
    '===': takes(2),
    '!=': takes(2),
    '!==': takes(2),
    '!': takes(1),
    '!!': takes(1),
    or: takes(1, MANY),
    and: takes(1, MANY),
    '>': takes(2),
    '>=': takes(2),
    '<': takes(2, 3),
    '<=': takes(2, 3),
    max: takes(1, MANY),
    min: takes(1, MANY),
    '+': takes(1, MANY),
    '-': takes(1, 2),
    '*': takes(1, MANY),
    '/': takes(2),
    '%': takes(2),
    map: loop,
    filter: loop,
    all: loop,
    some: loop,
    none: loop,
    reduce: { min: 2, max: 3, loopsOver: 'accumulation' },
    merge: takes(0, MANY),
    in: takes(2),
    cat: takes(1, MANY),
    substr: takes(2, 3),
  } satisfies Record<string, Operator>),
);

/** For people: the operator does not exist, and which one was probably meant. */
export function unknownOperator(name: string): string {
  const near = nearestName(name, OPERATORS.keys());
  const hint =
    near === undefined
      ? `The operators are: ${[...OPERATORS.keys()].join(', ')}.`
      : `Did you mean "${near}"?`;
  return `There is no operator "${name.slice(0, 40)}". ${hint}`;
}

/** For people: how many arguments the operator takes, and how many it was given. */
export function wrongCount(name: string, { min, max }: Operator, given: number): string {
  const range = max === MANY ? `at least ${min}` : min === max ? `${min}` : `${min} to ${max}`;
  const noun = max === 1 || range === 'at least 1' ? 'argument' : 'arguments';
  return `"${name}" takes ${range} ${noun}, not ${given}.`;
}
