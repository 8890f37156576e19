import type { JsonObject } from '../json.js';
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
