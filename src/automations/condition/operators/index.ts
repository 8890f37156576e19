import type { JsonValue } from '../../../json.js';
import { nearestName } from '../../../nearest-name.js';
import { shownName } from '../../shown-name.js';
import { CALCULATING } from './calculating.js';
import { CHANGING } from './changing.js';
import { COMPARING } from './comparing.js';
import { DECIDING } from './deciding.js';
import { LISTS } from './lists.js';
import { MANY, type Operator } from './operator.js';
import { PRESENCE } from './presence.js';
import { READING } from './reading.js';
import { TEXTS } from './texts.js';
import { TIMING } from './timing.js';

export type { ConstantCheck, Operator } from './operator.js';

/** Every operator a condition may use: those of json-logic-js 2.0.5 without `log`, which prints, and our own. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  [READING, CHANGING, DECIDING, COMPARING, PRESENCE, TEXTS, LISTS, TIMING, CALCULATING].flatMap(
    (family) => Object.entries(family),
  ),
);

/** What an editor shows about an operator. */
export interface OperatorHelp {
  name: string;
  /** `{"changed_to": [field, value]}`; a question mark stands behind what may be left out. */
  signature: string;
  /** One line. */
  help: string;
  /** A condition that uses it. */
  example: JsonValue;
}

/** All operators, family by family. */
export const OPERATOR_HELP: readonly OperatorHelp[] = [...OPERATORS].map(([name, operator]) => ({
  name,
  signature: `{"${name}": [${operator.arguments}]}`,
  help: operator.help,
  example: operator.example,
}));

/** For people: the operator does not exist, and which one was probably meant. */
export function unknownOperator(name: string): string {
  const near = nearestName(name, OPERATORS.keys());
  const hint =
    near === undefined
      ? `The operators are: ${[...OPERATORS.keys()].join(', ')}.`
      : `Did you mean "${near}"?`;
  return `There is no operator "${shownName(name)}". ${hint}`;
}

/** For people: how many arguments the operator takes, and how many it was given. */
export function wrongCount(name: string, { min, max }: Operator, given: number): string {
  const range = max === MANY ? `at least ${min}` : min === max ? `${min}` : `${min} to ${max}`;
  const noun = max === 1 || range === 'at least 1' ? 'argument' : 'arguments';
  return `"${name}" takes ${range} ${noun}, not ${given}.`;
}
