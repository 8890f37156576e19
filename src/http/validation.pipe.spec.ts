import { z } from 'zod';
import { BugleError } from '../errors.js';
import { idField, input, timeField } from './input.js';
import { validate } from './validation.pipe.js';

const schema = input({
  name: z.string().min(1).max(5),
  size: z.int().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  items: z.array(z.strictObject({ kind: z.enum(['a', 'b']) })).optional(),
});

function faultsOf(
  value: unknown,
  root = '',
): readonly { path: string; code: string; message: string }[] {
  try {
    validate(schema, value, root);
    return [];
  } catch (error) {
    if (!(error instanceof BugleError)) throw error;
    return error.faults;
  }
}

const inShort = (value: unknown, root?: string): string[] =>
  faultsOf(value, root).map(({ path, code }) => `${path}: ${code}`);

describe('validate', () => {
  it('refuses with 422', () => {
    expect(() => validate(schema, {})).toThrow(
      expect.objectContaining({ status: 422, code: 'invalid_input', message: 'name: is required' }),
    );
  });

  it('gives back what is good', () => {
    expect(validate(schema, { name: 'x', size: 1 })).toEqual({ name: 'x', size: 1 });
  });

  it.each([
    [{}, ['name: required']],
    [{ name: undefined }, ['name: required']],
    [{ name: null }, ['name: wrong_type']],
    [{ name: '' }, ['name: too_small']],
    [{ name: 'longer' }, ['name: too_large']],
    [{ name: 'x', size: 1.5 }, ['size: wrong_type']],
    [{ name: 'x', items: [{ kind: 'a' }, { kind: 'c' }] }, ['items[1].kind: invalid_value']],
    [{ name: 'x', items: [{ kind: 'a', b: 1 }] }, ['items[0].b: unknown_field']],
    [{ name: 'x', headers: { 'odd name': 1 } }, ['headers["odd name"]: wrong_type']],
    [[], [': wrong_type']],
  ])('finds in %j: %j', (value, faults) => {
    expect(inShort(value)).toEqual(faults);
  });

  it('puts paths below a root', () => {
    expect(inShort({ name: 1, x: 2 }, 'events[3]')).toEqual([
      'events[3].name: wrong_type',
      'events[3].x: unknown_field',
    ]);
  });

  it('names the nearest field for each that does not exist, whatever it is called', () => {
    const odd = 'a\nthere is no field "b" here';
    const faults = faultsOf({ name: 'x', nam: 1, sise: 2, [odd]: 3 });
    expect(faults.map(({ message }) => message)).toEqual([
      'there is no field "nam" here; did you mean "name"?',
      'there is no field "sise" here; did you mean "size"?',
      `there is no field ${JSON.stringify(odd)} here`,
    ]);
  });

  it('tells of twenty unknown fields and no more', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`field${n}`, n]));
    expect(faultsOf({ name: 'x', ...many })).toHaveLength(20);
  });
});

const recordOf = (texts: string[]) => Object.fromEntries(texts.entries());

describe('a collection', () => {
  let read = 0;
  const item = z.string().refine((text) => {
    read += 1;
    return text !== '';
  });
  const collections = input({
    list: z.array(item).min(1).optional(),
    record: z.record(z.string().max(5), item).optional(),
  });
  const refusal = (value: unknown) => {
    try {
      return validate(collections, value);
    } catch (error) {
      if (error instanceof BugleError) return error.faults;
      throw error;
    }
  };
  const wrong = Array.from({ length: 50_000 }, () => '');
  const good = Array.from({ length: 1_000 }, () => 'x');

  it('is not read beyond its twentieth wrong entry', () => {
    for (const value of [
      { list: [...good, ...wrong] },
      { record: recordOf([...good, ...wrong]) },
    ]) {
      read = 0;
      expect(refusal(value)).toHaveLength(20);
      expect(read).toBeLessThan(5_000);
    }
    expect(refusal({ list: [...good, ...wrong] })).toContainEqual(
      expect.objectContaining({ path: 'list[1000]' }),
    );
  });

  it('counts an entry of a record whose name is wrong', () => {
    const record = Object.fromEntries(good.map((text, index) => [`name ${index}`, text]));
    expect(refusal({ record })).toHaveLength(20);
  });

  it('comes through whole when its entries are good, or few', () => {
    const value = { list: good, record: recordOf(good) };
    expect(refusal(value)).toEqual(value);
    expect(refusal({ list: ['', 'x', ''] })).toMatchObject([
      { path: 'list[0]' },
      { path: 'list[2]' },
    ]);
    expect(refusal({ list: {}, record: [] })).toMatchObject([
      { path: 'list', code: 'wrong_type' },
      { path: 'record', code: 'wrong_type' },
    ]);
  });
});

describe('what is wrong', () => {
  const every = input({
    text: z.string().min(2).max(5).optional(),
    name: z.string().min(1).optional(),
    list: z.array(z.string()).min(1).max(2).optional(),
    number: z.int().min(-10).max(10).optional(),
    kind: z.enum(['first', 'second']).optional(),
    either: z.union([z.object({}), z.boolean()]).optional(),
    record: z.record(z.string().min(1), z.string()).optional(),
  });

  it.each([
    [{ text: 'x' }, 'text: is shorter than 2 characters'],
    [{ text: 'longer' }, 'text: is longer than 5 characters'],
    [{ text: null }, 'text: must be a text, not null'],
    [{ name: '' }, 'name: is empty'],
    [{ list: [] }, 'list: is empty: give at least one'],
    [{ list: ['a', 'b', 'c'] }, 'list: holds more than 2 entries'],
    [{ list: {} }, 'list: must be a list, not an object'],
    [{ number: -11 }, 'number: is below -10'],
    [{ number: 1e300 }, 'number: is above 10'],
    [{ number: 1.5 }, 'number: must be a whole number'],
    [{ kind: 'frist' }, 'kind: is none of the 2 values there are; did you mean "first"?'],
    [{ kind: 1 }, 'kind: must be one of first, second'],
    [{ either: 5 }, 'either: must be an object, or true or false, not a number'],
    [{ record: { '': 'x' } }, 'record[""]: has a name that cannot be used: it is empty'],
  ])('in %j is told in one sentence', (value, sentence) => {
    expect(() => validate(every, value)).toThrow(
      expect.objectContaining({ message: sentence, faults: [expect.anything()] }),
    );
  });
});

describe('timeField', () => {
  it.each([
    ['2026-11-21T20:00:00Z', '2026-11-21T20:00:00.000Z'],
    ['2026-11-21T20:00:00.123456+23:00', '2026-11-20T21:00:00.123Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %s as %s', (text, time) => {
    expect(timeField.parse(text)).toBe(time);
  });

  it.each([
    'now',
    '2026-11-21',
    '2026-11-21T20:00:00',
    '2026-02-30T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00+10:00',
    '9999-12-31T23:59:59-01:00',
    '+010000-01-01T00:00:00Z',
    `2026-01-01T00:00:00.${'1'.repeat(100)}Z`,
  ])('refuses %s, with one reason', (text) => {
    expect(timeField.safeParse(text).error?.issues).toHaveLength(1);
  });
});

describe('idField', () => {
  it('takes an id in any letter case and goes on in lower case', () => {
    const id = '019AA2F0-5C1E-7A52-9D0B-3F6A5F6F2B11';
    expect(idField('a row').parse(id)).toBe(id.toLowerCase());
  });
});
