import { ARROW_FILTERS } from './arrow-filters.js';
import type { CallableTable } from './callable.js';
import { DATE_FILTERS } from './date-filters.js';
import { ENCODING_FILTERS } from './encoding-filters.js';
import { FUNCTION_TABLE } from './functions.js';
import { INTL_FILTERS } from './intl-filters.js';
import { LIST_FILTERS } from './list-filters.js';
import { NUMBER_FILTERS } from './number-filters.js';
import { PART_FILTERS } from './part-filters.js';
import { TAGS } from './tags.js';
import { TEXT_FILTERS } from './text-filters.js';
import { TEST_TABLE } from './value-tests.js';

/** Everything a template may use. What is not named here does not exist. */
export const ALLOWED_TAGS: ReadonlySet<string> = new Set(
  TAGS.flatMap(({ name, branches = [] }) => [name, ...branches, `end${name}`]),
);

export const FILTERS: CallableTable = new Map(
  Object.entries({
    ...TEXT_FILTERS,
    ...ENCODING_FILTERS,
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
