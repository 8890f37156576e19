import type { Fault } from '../../errors.js';
import { nearestName } from '../../nearest-name.js';

/** What a condition can read: the top-level names of the data it is evaluated on. */
export const CONDITION_VARIABLES = [
  'event',
  'data',
  'changes',
  'actor',
  'workspace',
  'now',
] as const;

/** The names in reach at a place of a condition; undefined inside a loop, where an item can hold any. */
export type Scope = readonly string[] | undefined;

export const EVENT_SCOPE: Scope = CONDITION_VARIABLES;
export const ITEM_SCOPE: Scope = undefined;
/** Inside of `reduce` nothing else can be read. */
export const REDUCE_SCOPE: Scope = ['current', 'accumulator'];

const FORBIDDEN_SEGMENTS = new Set(['__proto__', 'constructor', 'prototype']);

/** What is wrong with a constant path such as `data.rank.name`, if anything. `''` reads everything. */
export function checkVariablePath(variable: string, path: string, scope: Scope): Fault | undefined {
  if (variable === '') return undefined;
  const segments = variable.split('.');
  const forbidden = segments.find((segment) => FORBIDDEN_SEGMENTS.has(segment));
  if (forbidden !== undefined) {
    const message = `"${forbidden}" cannot be read; conditions read the event's own fields only.`;
    return { path, code: 'forbidden_path', message };
  }
  const [root = ''] = segments;
  if (scope === undefined || scope.includes(root)) return undefined;
  return { path, code: 'unknown_variable', message: unknownVariable(root, scope) };
}

function unknownVariable(root: string, scope: readonly string[]): string {
  const near = nearestName(root, scope);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  return `There is no variable "${root.slice(0, 40)}" here.${hint} There are: ${scope.join(', ')}.`;
}
