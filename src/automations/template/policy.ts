import { closest, distance } from 'fastest-levenshtein';
import type { CallableTable } from './callable.js';
import { DATE_FILTERS } from './date-filters.js';
import { FUNCTION_TABLE } from './functions.js';
import { LIST_FILTERS } from './list-filters.js';
import { NUMBER_FILTERS } from './number-filters.js';
import { TEXT_FILTERS } from './text-filters.js';
import { TEST_TABLE } from './value-tests.js';

/** Everything a template may use. What is not named here does not exist. */
export const ALLOWED_TAGS: ReadonlySet<string> = new Set([
  'if',
  'elseif',
  'else',
  'endif',
  'for',
  'endfor',
  'set',
  'endset',
  'with',
  'endwith',
  'macro',
  'endmacro',
  'verbatim',
  'endverbatim',
]);

export const FILTERS: CallableTable = new Map(
  Object.entries({ ...TEXT_FILTERS, ...NUMBER_FILTERS, ...LIST_FILTERS, ...DATE_FILTERS }),
);

export const FUNCTIONS: CallableTable = new Map(Object.entries(FUNCTION_TABLE));

/** `defined` is not among them: it looks at a name and not at a value, so the compiler knows it. */
export const TESTS: CallableTable = new Map(Object.entries(TEST_TABLE));

/** Names that Twig gives a meaning of its own: they reach the template, the whole context or the charset. */
export const FORBIDDEN_VARIABLES: ReadonlySet<string> = new Set(['_self', '_context', '_charset']);

/** What to do instead of the things that people try most. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['raw', 'Print data with |json: it is JSON already and is not escaped again.'],
  ['e', 'Every printed value is escaped for JSON already: leave it out.'],
  ['escape', 'Every printed value is escaped for JSON already: leave it out.'],
  ['dump', 'Print data with |json.'],
  ['random', 'The same event must always render the same body.'],
  ['matches', 'Use "starts with", "ends with", "in" or "==".'],
  ['include', 'A template stands alone: use {% macro %} for repeated parts.'],
  ['import', 'Call a macro of this template as _self.name(…).'],
  ['from', 'Call a macro of this template as _self.name(…).'],
]);

const LONGEST_NAME = 40;

/** What to do about a name that is not available: advice for well-known ones, else the nearest name that is. */
export function adviceFor(name: string, available: Iterable<string>): string {
  const advice = ADVICE.get(name);
  if (advice) return ` ${advice}`;
  if (name.length > LONGEST_NAME) return '';
  const names = [...available];
  if (names.length === 0) return '';
  const nearest = closest(name, names);
  return distance(name, nearest) <= Math.max(2, name.length / 3)
    ? ` Did you mean "${nearest}"?`
    : '';
}

/** A name of the template as it may appear in a message: it may be thousands of characters long. */
export function shown(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}
