import { closest, distance } from 'fastest-levenshtein';
import { ADVICE } from '../parsing/advice.js';
import { ARROW_FILTERS } from './arrow-filters.js';
import type { CallableTable } from './callable.js';
import { DATE_FILTERS } from './date-filters.js';
import { FUNCTION_TABLE } from './functions.js';
import { INTL_FILTERS } from './intl-filters.js';
import { LIST_FILTERS } from './list-filters.js';
import { NUMBER_FILTERS } from './number-filters.js';
import { PART_FILTERS } from './part-filters.js';
import { TAGS } from '../parsing/tags.js';
import { TEXT_FILTERS } from './text-filters.js';
import { TEST_TABLE } from './value-tests.js';

/** Everything a template may use. What is not named here does not exist. */
export const ALLOWED_TAGS: ReadonlySet<string> = new Set(
  TAGS.flatMap(({ name, branches = [] }) => [name, ...branches, `end${name}`]),
);

export const FILTERS: CallableTable = new Map(
  Object.entries({
    ...TEXT_FILTERS,
    ...PART_FILTERS,
    ...NUMBER_FILTERS,
    ...LIST_FILTERS,
    ...ARROW_FILTERS,
    ...DATE_FILTERS,
    ...INTL_FILTERS,
  }),
);

export const FUNCTIONS: CallableTable = new Map(Object.entries(FUNCTION_TABLE));

/** `defined` is not among them: it looks at a name and not at a value, so the compiler knows it. */
export const TESTS: CallableTable = new Map(Object.entries(TEST_TABLE));

/** Names that Twig gives a meaning of its own: they reach the template, the whole context or the charset. */
export const FORBIDDEN_VARIABLES: ReadonlySet<string> = new Set(['_self', '_context', '_charset']);

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
