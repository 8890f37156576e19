import { makePrintable, printAs } from './printable.js';
import { readName } from './read-path.js';

/** The evaluation was stopped because it used up its steps. */
export class StepsExceeded extends Error {
  override readonly name = 'StepsExceeded';
}

/** What one step pays for, besides evaluating one node (about 0.3 µs); measured to cost about the same. */
const CHARACTERS_PER_STEP = 64;
const ITEMS_PER_STEP = 16;
const FIELDS_PER_STEP = 2;
const SEARCH_COMPARISONS_PER_STEP = 2048;

/** Operators inside of each other: more than a condition that was checked has, less than a thread's stack holds. */
const MAX_DEPTH = 200;

/** Lists inside of each other of which a text is made. An event has fewer levels; a condition may build more. */
const MAX_PRINTED_LEVELS = 100;

/**
 * The evaluation that is running. json-logic-js hands an operator only the item of the loop that it stands in, so
 * operators that look at the event find it here.
 *
 * One at a time is enough: an evaluation is synchronous and calls nobody. Variables and not an object, because every
 * node that is evaluated reads them.
 */
let stepsLeft = 0;
let depth = 0;
/** What the condition is evaluated on, whatever loop is running. */
let root: unknown = null;
/** Names that were looked up and paid for. */
let namesPaid: Set<string> | undefined;

/** Ends the evaluation before, if it is still going on, and starts one on this data. */
export function begin(data: unknown, steps: number): void {
  stepsLeft = steps;
  depth = 0;
  root = data;
  namesPaid = undefined;
}

/** @throws StepsExceeded when fewer steps than these are left */
export function charge(steps: number): void {
  stepsLeft -= steps;
  if (stepsLeft < 0) throw new StepsExceeded('out of steps');
}

/**
 * A node is about to be evaluated.
 *
 * @throws RangeError when too many others wait for it, long before the stack of the thread would overflow
 */
export function enter(): void {
  charge(1);
  depth += 1;
  if (depth > MAX_DEPTH) throw new RangeError('nested too deep');
}

/** A node gave its value. Whatever an operator is handed was paid for here. */
export function leave(value: unknown): void {
  depth -= 1;
  if (typeof value === 'string') chargeText(value.length);
  else if (Array.isArray(value)) chargeList(value);
  else if (typeof value === 'object' && value !== null) makePrintable(value);
}

/** Charges reading or making a text of this length. */
export function chargeText(length: number): void {
  charge(length / CHARACTERS_PER_STEP);
}

/** Charges taking a path apart and following it: nothing for a short one, a step for each 16 characters. */
export function chargePath(path: unknown): void {
  if (typeof path === 'string') charge(path.length >>> 4);
}

/** Charges listing the fields of an object. */
export function chargeFields(count: number): void {
  charge(count / FIELDS_PER_STEP);
}

/** Charges looking for one text in another: at worst every character is compared with every other. */
export function chargeSearch(wanted: string, text: string): void {
  charge((wanted.length * text.length) / SEARCH_COMPARISONS_PER_STEP);
}

/**
 * Charges for as much of a list as turning it into text would read, level by level. Objects in it are not walked: they
 * always read "[object Object]". So are not lists far inside of each other, of which a text could not be made.
 */
function chargeList(value: readonly unknown[]): void {
  let lists: (readonly unknown[])[] = [value];
  for (let level = 1; lists.length > 0 && level <= MAX_PRINTED_LEVELS; level += 1) {
    lists = lists.flatMap(chargeItems);
  }
  for (const list of lists) printAs('[object Array]', list);
}

/** Charges for the items of one list, and gives the lists among them. */
function chargeItems(list: readonly unknown[]): (readonly unknown[])[] {
  charge(list.length / ITEMS_PER_STEP);
  const lists: (readonly unknown[])[] = [];
  for (const item of list) {
    if (typeof item === 'string') chargeText(item.length);
    else if (Array.isArray(item)) lists.push(item);
    else if (typeof item === 'object' && item !== null) makePrintable(item);
  }
  return lists;
}

/** What the event's own context holds under a name, in loops too; undefined if it holds nothing. */
export function eventValue(name: string): unknown {
  return readName(root, name);
}

/** Charges what is dear the first time only: `first` steps for a name that this evaluation has not met, else `again`. */
export function chargeForName(
  name: string,
  { first, again }: Record<'first' | 'again', number>,
): void {
  namesPaid ??= new Set();
  charge(namesPaid.has(name) ? again : first);
  namesPaid.add(name);
}
