import { LANGUAGE_HELP } from './language-help.js';
import { BINARY_OPERATORS } from './operators.js';
import { ALLOWED_TAGS, FILTERS, FUNCTIONS, TESTS } from './policy.js';
import { firstFault } from '../rendering.fixture.js';

const data = {
  event: { type: 'user.updated', occurredAt: '2026-01-31T12:00:00.000Z' },
  data: {
    id: 7,
    rank: 'Captain',
    points: 1234.5,
    active: true,
    email: null,
    tags: ['pilot', 'radio'],
    unit: { name: 'Alpha', size: 12 },
  },
  now: '2026-01-31T12:00:02.000Z',
};
const { tags, filters, functions, tests, operators } = LANGUAGE_HELP;
const names = (entries: readonly { name: string }[]): string[] => entries.map(({ name }) => name);

it('names everything that is allowed, and nothing else', () => {
  expect(names(filters)).toEqual([...FILTERS.keys()]);
  expect(names(functions)).toEqual([...FUNCTIONS.keys()]);
  expect(names(tests)).toEqual(['defined', ...TESTS.keys()]);
  const opening = [...ALLOWED_TAGS].filter((tag) => !/^(end|else)/.test(tag));
  expect(names(tags)).toEqual(opening);
  const signs = [...BINARY_OPERATORS.values()].map(({ sign }) => sign);
  expect(names(operators)).toEqual(expect.arrayContaining(signs));
  expect(new Set(names(operators)).size).toBe(operators.length);
});

describe.each(Object.entries(LANGUAGE_HELP))('%s', (kind, entries) => {
  it.each(entries as typeof tags)('$name has a line of help', ({ name, help, signature }) => {
    expect(help).toMatch(/^[^\n]{8,120}\.$/);
    expect(signature).toContain(name === '[]' ? '[' : name.replace('?:', '?'));
  });

  it.each(entries as typeof tags)('$name has an example that renders', ({ name, example }) => {
    expect(example).toContain(name === '[]' ? '[' : name.replace('?:', '?'));
    const source = kind === 'tags' ? example : `{{ (${example})|json }}`;
    expect(firstFault(source, data)).toBeUndefined();
  });
});

it('shows the arguments and what they are when left out', () => {
  const signatures = [...filters, ...functions].map(({ signature }) => signature);
  expect(signatures).toEqual(
    expect.arrayContaining([
      'value|upper',
      'value|slice(start, length = null, preserve_keys = false)',
      'value|reduce(v => …, initial = null)',
      'value|format(…)',
      'range(low, high, step = 1)',
    ]),
  );
});
