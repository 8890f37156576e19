import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';

/**
 * json-logic-js evaluates; this file makes that safe for conditions that strangers write.
 *
 * Why an instance of our own: the library is one global object. Changing its operators would change
 * them for a host application that uses it too, and the host could put `log` back. So its source is
 * compiled once more, privately.
 *
 * Why it can be bounded: the library recurses through its public `apply`, so a wrapped `apply` sees
 * each node that is evaluated and each value it gives. Both are charged to a budget of steps. Since
 * an operator only works on values that were charged before, no comparison, text join or list
 * doubling can cost more than what was paid for.
 *
 * Why four operators are replaced: the library's `var` follows the prototype chain
 * (`constructor.constructor` is Function), its `missing` and `missing_some` evaluate names found in
 * event data as if they were rules, and `in` on two long texts takes the product of their lengths.
 */

interface JsonLogic {
  apply: (rule: unknown, data: unknown) => unknown;
  truthy: (value: unknown) => boolean;
  add_operation: (name: string, operation: Operation) => void;
  rm_operation: (name: string) => void;
}

type Operation = (this: unknown, ...values: unknown[]) => unknown;

/** The evaluation was stopped because it used up its steps. */
export class StepsExceeded extends Error {
  override readonly name = 'StepsExceeded';
}

/** What one step pays for, besides evaluating one node (about 0.3 µs); measured to cost about the same. */
const CHARACTERS_PER_STEP = 64;
const ITEMS_PER_STEP = 16;
const SEARCH_COMPARISONS_PER_STEP = 2048;

/** Steps left for the running evaluation. One number is enough: evaluation is synchronous and calls nobody. */
let stepsLeft = 0;

const jsonLogic = boundedJsonLogic();

/**
 * The value that json-logic-js gives for the rule, reading own keys of the data only.
 *
 * @param maxSteps how much work is allowed, in evaluated nodes
 * @throws StepsExceeded when that is not enough; TypeError or RangeError as the rule provokes them
 */
export function applyLogic(rule: unknown, data: unknown, maxSteps: number): unknown {
  stepsLeft = maxSteps;
  return jsonLogic.apply(rule, data);
}

/** JSON Logic's own idea of true: an empty list is false, the text "0" is true. */
export function isTruthy(value: unknown): boolean {
  return jsonLogic.truthy(value);
}

function boundedJsonLogic(): JsonLogic {
  const logic = loadPrivateInstance();
  const evaluateNode = logic.apply;
  logic.apply = (rule, data) => {
    charge(1);
    const value = evaluateNode(rule, data);
    chargeFor(value);
    return value;
  };
  logic.add_operation('var', function (path, fallback) {
    return readPath(this, path, fallback);
  });
  logic.add_operation('missing', function (...values) {
    return absentFrom(this, Array.isArray(values[0]) ? values[0] : values);
  });
  logic.add_operation('missing_some', function (needed, options) {
    return absentUnlessSome(this, Number(needed), Array.isArray(options) ? options : [options]);
  });
  logic.add_operation('in', isIn);
  logic.rm_operation('log');
  return logic;
}

function loadPrivateInstance(): JsonLogic {
  const file = createRequire(import.meta.url).resolve('json-logic-js');
  const module: { exports?: JsonLogic } = {};
  const parameters = ['module', 'exports', 'define'];
  compileFunction(readFileSync(file, 'utf8'), parameters, { filename: file })(module, {});
  if (module.exports === undefined) throw new Error('json-logic-js did not export itself');
  return module.exports;
}

function charge(steps: number): void {
  stepsLeft -= steps;
  if (stepsLeft < 0) throw new StepsExceeded('out of steps');
}

/**
 * Charges for as much of a value as turning it into text would read. Lists are walked with an own
 * stack, objects are not: they always read "[object Object]".
 */
function chargeFor(value: unknown): void {
  if (typeof value === 'string') return charge(value.length / CHARACTERS_PER_STEP);
  if (!Array.isArray(value)) return;
  const lists: unknown[][] = [value];
  for (let list = lists.pop(); list !== undefined; list = lists.pop()) {
    charge(list.length / ITEMS_PER_STEP);
    for (const item of list) {
      if (typeof item === 'string') charge(item.length / CHARACTERS_PER_STEP);
      else if (Array.isArray(item)) lists.push(item);
    }
  }
}

function readPath(data: unknown, path: unknown, fallback: unknown = null): unknown {
  if (path === undefined || path === null || path === '') return data;
  let value = data;
  for (const key of keysOf(path)) {
    value = ownValue(value, key);
    if (value === undefined) return fallback;
  }
  return value;
}

function keysOf(path: unknown): string[] {
  return String(path).split('.');
}

function ownValue(holder: unknown, key: string): unknown {
  if (typeof holder === 'string') return Object.getOwnPropertyDescriptor(holder, key)?.value;
  if (typeof holder !== 'object' || holder === null) return undefined;
  return Object.hasOwn(holder, key) ? Reflect.get(holder, key) : undefined;
}

function absentFrom(data: unknown, names: readonly unknown[]): unknown[] {
  return names.filter((name) => {
    const value = readPath(data, name);
    return value === null || value === '';
  });
}

function absentUnlessSome(data: unknown, needed: number, names: readonly unknown[]): unknown[] {
  const absent = absentFrom(data, names);
  return names.length - absent.length >= needed ? [] : absent;
}

function isIn(wanted: unknown, holder: unknown): boolean {
  if (Array.isArray(holder)) return holder.indexOf(wanted) !== -1;
  if (typeof holder !== 'string') return false;
  const text = String(wanted);
  charge((text.length * holder.length) / SEARCH_COMPARISONS_PER_STEP);
  return holder.includes(text);
}
