import type { JsonValue } from '../../../json.js';
import { shownName } from '../../shown-name.js';

/** How an operator may be written, what it does, and what is said about it. */
export interface Operator {
  /** Least and greatest number of arguments; Infinity is bounded by the limit on lists. */
  min: number;
  max: number;
  /** Its arguments by name: `time, part, zone?`. */
  arguments: string;
  /** One line for people. */
  help: string;
  /** A condition that holds for the event of docs/conditions.md. */
  example: JsonValue;
  /** Set for operators that run their second argument once per item of their first. */
  loopsOver?: 'items' | 'accumulation';
  /** Which arguments name a field of the record (`unit.name`); they must be constants. */
  fields?: 'first' | 'all';
  /** What constant arguments must look like, by position. */
  constants?: readonly (ConstantCheck | undefined)[];
  /** What it does; absent where json-logic-js itself does it. */
  run?: Run;
}

/** Gives a value for any values it is handed: a condition does not fail for surprising data. */
export type Run = (values: readonly unknown[], scope: unknown) => unknown;

/** What is wrong with a constant, and what to write instead; undefined when nothing is. */
export type ConstantCheck = (value: unknown) => { code: string; message: string } | undefined;

/** Operators of one family by name. */
export type Operators = Readonly<Record<string, Operator>>;

export const MANY = Infinity;

/** The least and the greatest number of arguments. */
export function takes(min: number, max: number = min): Pick<Operator, 'min' | 'max'> {
  return { min, max };
}

/** A constant as a fault shows it: as it stands in the condition, and short. */
export function shownConstant(value: unknown): string {
  if (typeof value === 'string') return `"${shownName(value)}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === null ? 'null' : 'This';
}
