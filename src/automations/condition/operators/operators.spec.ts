import type { JsonValue } from '../../../json.js';
import { contextWith, give } from '../condition.fixture.js';
import { OPERATOR_HELP, OPERATORS } from './index.js';

describe('blank and filled', () => {
  it.each<[JsonValue, boolean]>([
    [null, true],
    ['', true],
    [' \n\u00a0', true],
    [[[]], true],
    [{ var: 'data.absent' }, true],
    ['x', false],
    [0, false],
    [false, false],
    [[[null]], false],
    [{ var: 'data.unit' }, false],
  ])('blank of %j is %s', (value, isBlank) => {
    expect(give({ blank: value })).toBe(isBlank);
    expect(give({ filled: value })).toBe(!isBlank);
  });

  it('take an empty object for nothing', () => {
    expect(give({ blank: { var: 'data' } }, contextWith({ data: {} }))).toBe(true);
  });
});

describe('between and intersects', () => {
  it.each<[JsonValue, boolean]>([
    [{ between: [5, 5, 10] }, true],
    [{ between: [10, 5, 10] }, true],
    [{ between: [10.1, 5, 10] }, false],
    [{ between: ['7', 5, '10'] }, true],
    [{ between: ['9', '1', '10'] }, true],
    [{ between: [5, 10, 1] }, false],
    [{ between: ['2026-01-31', '2026-01-01', '2026-01-31T00:00:00Z'] }, true],
    [{ between: ['2026-01-31T01:00:00+02:00', '2026-01-30T22:00:00Z', '2026-01-30T23:30Z'] }, true],
    [{ between: [1700000000, '2023-01-01', '2024-01-01'] }, true],
    [{ between: ['b', 'a', 'c'] }, true],
    [{ between: ['09:30', '09:00', '17:00'] }, true],
    [{ between: ['b', 1, 'c'] }, false],
    [{ between: [null, 0, 10] }, false],
    [{ between: [5, null, 10] }, false],
    [{ between: [[5], 0, 10] }, false],
    [{ between: [true, 0, 10] }, false],
    [
      {
        intersects: [
          [1, 2],
          [2, 3],
        ],
      },
      true,
    ],
    [
      {
        intersects: [
          [1, 2],
          ['1', '2'],
        ],
      },
      false,
    ],
    [{ intersects: [[1, 2], 2] }, true],
    [{ intersects: ['a', 'a'] }, true],
    [{ intersects: [[[1]], [[1]]] }, true],
    [{ intersects: [[], []] }, false],
    [{ intersects: [null, null] }, false],
    [{ intersects: [{ var: 'data.absent' }, [null]] }, false],
    [{ intersects: [[{ var: 'data.unit' }], [1, { var: 'previous.unit' }]] }, true],
  ])('%j is %s', (rule, expected) => {
    expect(give(rule)).toBe(expected);
  });
});

describe('OPERATOR_HELP', () => {
  it.each(OPERATOR_HELP)('describes $name in one line', ({ name, signature, help }) => {
    expect(signature.startsWith(`{"${name}": [`)).toBe(true);
    expect(help).toMatch(/^[A-Z][^\n]{8,110}\.$/);
  });

  it.each([...OPERATORS])('names the arguments that %s takes', (_, operator) => {
    const names = operator.arguments.split(', ');
    const required = names.filter((name) => !name.endsWith('?') && name !== '…');
    const greatest = names.includes('…') ? Infinity : names.length;
    expect(greatest).toBe(operator.max);
    expect(required.length).toBeGreaterThanOrEqual(operator.min);
    expect(operator.max - required.length).toBeGreaterThanOrEqual(0);
  });
});
