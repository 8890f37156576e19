import type { Callable, CallableTable } from './callable.js';
import { BINARY_OPERATORS } from './operators.js';
import { FILTERS, FUNCTIONS, TESTS } from './policy.js';
import { TAGS } from './tags.js';

/** What an editor shows about one thing of the language. */
interface HelpEntry {
  name: string;
  /** How it is written, with its arguments and what they are when left out. */
  signature: string;
  /** What it does, in one line. */
  help: string;
  /** An expression, or of a tag a template, that is accepted as it stands. */
  example: string;
}

/** The whole language of templates, for completion in editors. */
export interface LanguageHelp {
  tags: readonly HelpEntry[];
  filters: readonly HelpEntry[];
  functions: readonly HelpEntry[];
  tests: readonly HelpEntry[];
  operators: readonly HelpEntry[];
}

/** Operators that do not look at both of their sides, and those of syntax. */
const OTHER_OPERATORS: readonly HelpEntry[] = rowsOf([
  ['and', 'a and b', 'Both are true.', 'data.active and data.id > 3'],
  ['or', 'a or b', 'One or both are true.', 'data.active or data.id > 3'],
  ['xor', 'a xor b', 'One of both is true.', 'data.active xor data.email'],
  ['not', 'not a', 'It is false.', 'not data.active'],
  ['===', 'a === b', 'The same as `is same as`.', "data.rank === 'Captain'"],
  ['!==', 'a !== b', 'The same as `is not same as`.', "data.rank !== 'Captain'"],
  ['is', 'a is test', 'Asks a test.', 'data.email is null'],
  ['is not', 'a is not test', 'Asks a test for the opposite.', 'data.email is not null'],
  ['??', 'a ?? b', 'The other one if it is null or missing.', "data.email ?? 'none'"],
  ['?:', 'a ? b : c', 'One or the other.', "data.active ? 'on' : 'off'"],
  ['|', 'a|filter', 'Applies a filter.', 'data.rank|upper'],
  ['.', 'a.b', 'A field, or null.', 'data.unit.name'],
  ['[]', 'a[b]', 'A field or an element, or null.', 'data.tags[1]'],
  ['=>', 'v => a', 'An arrow function, written into its filter.', 'data.tags|map(v => v)'],
  ['...', '[...a, b]', 'The elements of a list.', '[...data.tags, 1]'],
  [
    'has some',
    'a has some v => b',
    'Whether an element is accepted.',
    "data.tags has some tag => tag == 'radio'",
  ],
  [
    'has every',
    'a has every v => b',
    'Whether all elements are accepted.',
    "data.tags has every tag => tag == 'radio'",
  ],
]);

/** Made of the tables that the language itself is made of, so that it cannot say anything else. */
export const LANGUAGE_HELP: LanguageHelp = {
  tags: TAGS.map(({ name, signature, help, example }) => ({ name, signature, help, example })),
  filters: entries(FILTERS, (name) => `value|${name}`),
  functions: entries(FUNCTIONS, (name) => name),
  tests: [
    {
      name: 'defined',
      signature: 'value is defined',
      help: 'Whether the name or field is there, even when it is null.',
      example: 'data.nickname is defined',
    },
    ...entries(TESTS, (name) => `value is ${name}`),
  ],
  operators: [
    ...[...BINARY_OPERATORS.values()].map(({ sign, help, example }) => ({
      name: sign,
      signature: `a ${sign} b`,
      help,
      example,
    })),
    ...OTHER_OPERATORS,
  ],
};

type Row = readonly [name: string, signature: string, help: string, example: string];

function rowsOf(rows: readonly Row[]): HelpEntry[] {
  return rows.map(([name, signature, help, example]) => ({ name, signature, help, example }));
}

function entries(table: CallableTable, opening: (name: string) => string): HelpEntry[] {
  return [...table].map(([name, callable]) => {
    const { help, example } = callable;
    const isCalled = opening('') === '';
    return { name, signature: opening(name) + argumentsOf(callable, isCalled), help, example };
  });
}

function argumentsOf({ parameters = [], arrow, variadic }: Callable, isCalled: boolean): string {
  const all = [
    ...(arrow ? [arrow === 'required' ? 'v => …' : 'v => … = null'] : []),
    ...parameters.map(({ name, fallback }) =>
      fallback === undefined ? name : `${name} = ${JSON.stringify(fallback)}`,
    ),
    ...(variadic ? ['…'] : []),
  ];
  return all.length > 0 || isCalled ? `(${all.join(', ')})` : '';
}
