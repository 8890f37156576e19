import type { Fault } from '../../../errors.js';
import { nearestName } from '../../../nearest-name.js';
import { shownName } from '../../shown-name.js';
import { CONTEXT_NAMES } from '../../context/context.js';

/** The names in reach at a place of a condition; undefined inside a loop, where an item can hold any. */
export type Scope = readonly string[] | undefined;

export const EVENT_SCOPE: Scope = CONTEXT_NAMES;
export const ITEM_SCOPE: Scope = undefined;
/** Inside of `reduce` nothing else can be read. */
export const REDUCE_SCOPE: Scope = ['current', 'accumulator'];

const FORBIDDEN_SEGMENTS = new Set(['__proto__', 'constructor', 'prototype']);

/** What is wrong with a constant path such as `data.rank.name`, if anything. `''` reads everything. */
export function checkVariablePath(variable: string, path: string, scope: Scope): Fault | undefined {
  if (variable === '') return undefined;
  const forbidden = checkSegments(variable, path);
  if (forbidden !== undefined) return forbidden;
  const [root = ''] = variable.split('.');
  if (scope === undefined || scope.includes(root)) return undefined;
  return { path, code: 'unknown_variable', message: unknownVariable(root, scope) };
}

/** What is wrong with the parts of a path, wherever it begins. */
export function checkSegments(variable: string, path: string): Fault | undefined {
  const forbidden = variable.split('.').find((segment) => FORBIDDEN_SEGMENTS.has(segment));
  if (forbidden === undefined) return undefined;
  const message = `"${forbidden}" cannot be read; conditions read the event's own fields only.`;
  return { path, code: 'forbidden_path', message };
}

function unknownVariable(root: string, scope: readonly string[]): string {
  const near = nearestName(root, scope);
  const hint =
    near !== undefined
      ? ` Did you mean "${near}"?`
      : scope === EVENT_SCOPE
        ? ` The fields of the record are under "data".`
        : '';
  return `There is no variable "${shownName(root)}" here.${hint} There are: ${scope.join(', ')}.`;
}
