import { isListOrObject } from '../../../json.js';
import { charge, chargeFields, chargeText } from '../current-evaluation.js';

/** Comparing two plain values takes about a quarter of evaluating a node. */
const STEPS_PER_PAIR = 0.25;

/**
 * Whether two values are the same JSON, types included: `5` is not `"5"`. The order of fields does not matter.
 * Works through a list of open pairs instead of recursion, and charges for each.
 */
export function equal(a: unknown, b: unknown): boolean {
  const open: [unknown, unknown][] = [[a, b]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    charge(STEPS_PER_PAIR);
    const parts = comparedParts(...pair);
    if (parts === undefined) return false;
    open.push(...parts);
  }
  return true;
}

/** The pairs below that must be equal too; undefined when these two differ already. */
function comparedParts(a: unknown, b: unknown): [unknown, unknown][] | undefined {
  if (typeof a === 'string' && typeof b === 'string') return equalTexts(a, b) ? [] : undefined;
  if (!isListOrObject(a) || !isListOrObject(b)) return a === b ? [] : undefined;
  if (Array.isArray(a) !== Array.isArray(b)) return undefined;
  const keys = Object.keys(a);
  chargeFields(keys.length);
  if (keys.length !== Object.keys(b).length) return undefined;
  if (!keys.every((key) => Object.hasOwn(b, key))) return undefined;
  return keys.map((key) => [Reflect.get(a, key), Reflect.get(b, key)]);
}

function equalTexts(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  chargeText(a.length);
  return a === b;
}
