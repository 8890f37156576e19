import type { JsonObject, JsonValue } from '../json.js';
import { checkSchema, compileDataCheck } from './data-schema.js';

const ORDER = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'integer' },
    mail: { type: 'string', format: 'email' },
    lines: { type: 'array', items: { type: 'object', required: ['sku'], properties: {} } },
  },
  additionalProperties: false,
};

describe('checkSchema', () => {
  it.each<[string, JsonObject]>([
    ['nothing', {}],
    ['an order', ORDER],
    ['alternatives', { anyOf: [{ required: ['a'] }, { not: { required: ['b'] } }] }],
    ['fields named like keywords', { properties: { pattern: {}, $ref: { type: 'string' } } }],
    ['keywords inside of an example', { examples: [{ pattern: 'x' }], default: { $ref: '#' } }],
    ['values of enum and const', { enum: [{ $ref: '#' }], const: { pattern: 'x' } }],
    ['an id, which another workspace may have too', { $id: 'https://example.com/order' }],
  ])('accepts %s', (_, schema) => {
    expect(checkSchema(schema)).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['$ref', { $ref: '#' }],
    ['$dynamicRef', { $dynamicRef: '#x' }],
    ['pattern', { pattern: '(a+)+$' }],
    ['patternProperties', { patternProperties: { '(a+)+$': {} } }],
    ['uniqueItems', { uniqueItems: true }],
    ['$defs', { $defs: { a: {} } }],
    ['properties.a.pattern', { properties: { a: { pattern: 'x' } } }],
    ['items.anyOf[1].$ref', { items: { anyOf: [{}, { $ref: '#' }] } }],
    ['prefixItems[0].not.if.pattern', { prefixItems: [{ not: { if: { pattern: 'x' } } }] }],
  ])('refuses %s, which could stall the server', (path, schema) => {
    expect(checkSchema(schema)).toMatchObject([{ path, code: 'unsupported_keyword' }]);
  });

  it('refuses a format that it would not check', () => {
    const schema = { properties: { host: { type: 'string', format: 'hostname' } } };
    expect(checkSchema(schema)).toMatchObject([
      { path: 'properties.host.format', code: 'unsupported_format' },
    ]);
    expect(checkSchema({ format: ['email'] })).toMatchObject([{ code: 'unsupported_format' }]);
  });

  it('offers the keyword that was meant', () => {
    expect(checkSchema({ propertis: {} })[0]?.message).toContain('did you mean "properties"?');
  });

  it('refuses what is no schema, and what is too large', () => {
    expect(checkSchema({ type: 'integr' })).toMatchObject([{ code: 'invalid_schema' }]);
    expect(checkSchema({ required: 'id' })).toMatchObject([{ code: 'invalid_schema' }]);
    const large = { description: 'x'.repeat(33 * 1024) };
    expect(checkSchema(large)).toMatchObject([{ code: 'schema_too_large' }]);
  });
});

describe('a check of data', () => {
  const check = compileDataCheck(ORDER);

  it('finds nothing in good data', () => {
    expect(check({ id: 1, mail: 'a@example.com', lines: [{ sku: 'x' }] })).toEqual([]);
  });

  it.each<[JsonObject, string]>([
    [{}, 'data.id'],
    [{ id: 'one' }, 'data.id'],
    [{ id: 1, lines: [{ sku: 'x' }, {}] }, 'data.lines[1].sku'],
    [{ id: 1, lines: {} }, 'data.lines'],
    [{ id: 1, mail: 'nobody' }, 'data.mail'],
  ])('finds in %j the fault at %s', (data, path) => {
    expect(check(data)).toMatchObject([{ path, code: 'schema_violation' }]);
  });

  it('never shows a value of the event', () => {
    const faults = check({ id: 1, mail: 'hunter2' });
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  it('of two workspaces can have one $id', () => {
    const $id = 'https://example.com/order';
    expect(compileDataCheck({ $id, required: ['a'] })({})).toHaveLength(1);
    expect(compileDataCheck({ $id, required: ['b'] })({ b: 1 })).toEqual([]);
  });
});

it('refuses a schema whose compilation would hold everybody up', () => {
  const schema = { allOf: Array.from({ length: 300 }, () => ({ type: 'object' })) };
  expect(checkSchema(schema)).toMatchObject([{ code: 'schema_too_large' }]);
  expect(checkSchema({ allOf: schema.allOf.slice(0, 100) })).toEqual([]);
});

const many = <Item>(count: number, item: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => item(index));
const refusal = (schema: JsonObject) => checkSchema(schema)[0]?.code;
const listOf =
  (item: JsonValue) =>
  (count: number): JsonValue =>
    many(count, () => item);
const recordOf = (count: number): JsonValue =>
  Object.fromEntries(many(count, (index) => [`k${index}`, 1]));

describe('a schema that would hold everybody up on publish', () => {
  it('is refused: values, names and keywords have a bound', () => {
    expect(refusal({ enum: many(200, String) })).toBeUndefined();
    expect(checkSchema({ properties: { a: { enum: many(201, String) } } })).toMatchObject([
      { path: 'properties.a.enum', code: 'schema_too_large' },
    ]);
    expect(refusal({ enum: [many(2_000, Number)] })).toBe('schema_too_large');
    expect(refusal({ const: many(2_000, Number) })).toBe('schema_too_large');
    expect(refusal({ required: many(2_000, String) })).toBe('schema_too_large');
    expect(refusal({ dependentRequired: { title: many(200, String) } })).toBeUndefined();
    expect(checkSchema({ dependentRequired: { title: many(201, String) } })).toMatchObject([
      { path: 'dependentRequired.title', code: 'schema_too_large' },
    ]);
  });

  it('is told twenty unknown keywords and no more', () => {
    const schema = Object.fromEntries(many(1_000, (index) => [`keyword${index}`, 1]));
    expect(checkSchema(schema)).toHaveLength(20);
  });

  it.each<[string, JsonObject, (count: number) => JsonValue]>([
    ['values', { items: { allOf: many(9, () => ({ enum: many(200, Number) })) } }, listOf(0)],
    ['alternatives', { items: { oneOf: many(190, (index) => ({ const: index })) } }, listOf(189)],
    ['schemas', { items: { allOf: many(190, () => ({ minimum: 0 })) } }, listOf(1)],
    ['searches', { allOf: many(95, () => ({ contains: { const: 0 } })) }, listOf(0)],
    ['names', { items: { dependentRequired: { a: many(200, String) } } }, listOf({})],
    ['lengths', { allOf: many(190, () => ({ minLength: 1 })) }, (count) => 'x'.repeat(32 * count)],
    ['keys', { propertyNames: { allOf: many(95, () => ({ minLength: 1 })) } }, recordOf],
  ])('of many %s refuses what takes too long to check, and takes the rest', (_, schema, data) => {
    const check = compileDataCheck({ properties: { a: schema } });
    expect(check({ a: data(3) })).toEqual([]);
    expect(check({ a: data(3_000) })).toMatchObject([{ path: 'data', code: 'data_too_costly' }]);
  });

  it('leaves a schema alone that is large, but is put to little', () => {
    const fields = Object.fromEntries(many(190, (index) => [`f${index}`, { type: 'integer' }]));
    const line = { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } };
    const schema = { type: 'object', properties: { ...fields, lines: { items: line } } };
    expect(checkSchema(schema)).toEqual([]);
    const lines = many(5_000, () => ({ sku: 'x', amount: 1 }));
    expect(compileDataCheck(schema)({ f1: 1, lines })).toEqual([]);
  });

  it('of a time with other limits still checks what is small', () => {
    const check = compileDataCheck({
      properties: { a: { items: { enum: many(15_000, Number) } } },
    });
    expect(check({ a: [14_999] })).toEqual([]);
    expect(check({ a: many(1_000, () => 14_999) })).toMatchObject([{ code: 'data_too_costly' }]);
  });
});
