import { chargePath } from '../current-evaluation.js';
import { isWhole, readPath } from '../read-path.js';
import { MANY, type Operators, takes } from './operator.js';

/**
 * Reading the event. All three replace what json-logic-js has: its `var` follows the prototype chain
 * (`constructor.constructor` is Function), and the other two evaluate names found in event data as if they were rules.
 */
export const READING: Operators = {
  var: {
    ...takes(0, 2),
    arguments: 'path?, fallback?',
    help: 'The value at a path; the fallback, or null, when there is none. In a loop: of the item.',
    example: { '==': [{ var: ['data.nickname', 'none'] }, 'none'] },
    // Not taken apart by a pattern: no operator runs more often, and a pattern takes twice as long.
    run: (values, scope) => {
      chargePath(values[0]);
      return readPath(scope, values[0], values[1]);
    },
  },
  missing: {
    ...takes(0, MANY),
    arguments: 'path?, …',
    help: 'The paths among these that have no value (absent, null or empty text).',
    example: { missing: ['data.rank', 'data.email'] },
    run: (values, scope) => absentFrom(scope, Array.isArray(values[0]) ? values[0] : values),
  },
  missing_some: {
    ...takes(2),
    arguments: 'needed, paths',
    help: 'An empty list when at least so many of the paths have a value, else those that have none.',
    example: { '!': { missing_some: [1, ['data.rank', 'data.email']] } },
    run: ([needed, paths], scope) =>
      absentUnlessSome(scope, Number(needed), Array.isArray(paths) ? paths : [paths]),
  },
};

function absentFrom(data: unknown, names: readonly unknown[]): unknown[] {
  return names.filter((name) => {
    // The whole is never absent, and need not be put together to know it.
    chargePath(name);
    const value = isWhole(name) ? data : readPath(data, name);
    return value === null || value === '';
  });
}

function absentUnlessSome(data: unknown, needed: number, names: readonly unknown[]): unknown[] {
  const absent = absentFrom(data, names);
  return names.length - absent.length >= needed ? [] : absent;
}
