import * as fc from 'fast-check';
import type { EventExample, StoredEvent } from '../../event-bus/index.js';
import type { JsonObject, JsonValue } from '../../json.js';
import { contextFields, type Field, type KnownData } from './context-fields.js';
import { CONTEXT_NAMES, eventContext, ruleContext } from './context.js';
import { fieldAt } from './field.js';

const type = (example: EventExample, schema: JsonObject | boolean | null = null): KnownData => ({
  name: 'order.paid',
  schema,
  example,
});

const ofData = (data: JsonObject, schema: JsonObject | boolean | null = null): Field =>
  contextFields([type({ data }, schema)]);

/** The field at a path, `undefined` where a check would complain. */
function at(root: Field, path: string): Field | undefined {
  return path
    .split('.')
    .reduce<Field | undefined>((field, name) => field && fieldAt(field, name), root);
}

it('names changes of examples only as far as the budget of fields reaches', () => {
  const changes = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, index) => [`f${index}`, { old: 1, new: 2 }]),
  );
  const root = contextFields(Array.from({ length: 60 }, () => type({ data: { id: 1 }, changes })));
  expect(Object.keys(at(root, 'changes')?.fields ?? {}).length).toBeLessThanOrEqual(3_000);
  expect(at(root, 'changes.f1.old')).toBeDefined();
  expect(at(root, 'changes')?.open).toBe(true);
});

describe('contextFields', () => {
  it('has every name of the context, each with a line of help', () => {
    const root = ofData({ id: 1 });
    expect(Object.keys(root.fields ?? {}).toSorted()).toEqual([...CONTEXT_NAMES].toSorted());
    for (const name of CONTEXT_NAMES) expect(at(root, name)?.description).toMatch(/\.$/);
    expect(at(root, 'dta')).toBeUndefined();
  });

  it('says of the example what each value is', () => {
    const root = ofData({
      id: 7,
      name: 'Ada',
      paid: true,
      at: '2026-01-02T03:04:05Z',
      day: '2026-01-02',
      gone: null,
      lines: [{ sku: 'a' }, { sku: 'b', price: 2 }],
      none: [],
    });
    const types = ['id', 'name', 'paid', 'at', 'day', 'gone', 'lines', 'none'].map(
      (name) => at(root, `data.${name}`)?.type,
    );
    expect(types).toEqual(['number', 'text', 'boolean', 'time', 'time', 'any', 'list', 'list']);
    expect(at(root, 'data.name')).toEqual({ type: 'text', example: 'Ada', open: false });
    expect(at(root, 'data.lines.0.price')?.example).toBe(2);
    expect(at(root, 'data.none.3.anything')?.type).toBe('any');
    expect(at(root, 'data.lines.sku')).toBeUndefined();
    expect(at(root, 'data.other')?.type).toBe('any');
  });

  it('gives the record to every name that stands for it', () => {
    const root = contextFields([
      type({
        data: { id: 7, rank: { name: 'Captain' } },
        changes: { 'rank.name': { old: 'a', new: 'b' } },
        actor: { id: 'u1' },
      }),
    ]);
    for (const path of ['previous.rank.name', 'model.rank.name', 'envelope.data.rank.name']) {
      expect(at(root, path)?.type).toBe('text');
    }
    expect(at(root, 'changes.rank.old.name')?.example).toBe('Captain');
    expect(at(root, 'changes.rank.older')).toBeUndefined();
    expect(fieldAt(at(root, 'changes') ?? root, 'rank.name')?.type).toBe('object');
    expect(at(root, 'model_id')).toMatchObject({ type: 'number', example: 7 });
    expect(at(root, 'causer_id')).toMatchObject({ type: 'text', example: 'u1' });
    expect(at(root, 'model_type')?.example).toBe('order');
    expect(at(root, 'event.type')?.example).toBe('order.paid');
  });

  it('follows a JSON Schema, and adds what only the example has', () => {
    const schema: JsonObject = {
      type: 'object',
      required: ['id'],
      properties: {
        state: { enum: ['open', 'paid'], description: 'Where it stands.' },
        total: { type: ['number', 'null'] },
        due: { type: 'string', format: 'date' },
        mixed: { type: ['string', 'number'] },
        buyer: {
          type: 'object',
          additionalProperties: false,
          properties: { name: { type: 'string', default: 'Ada' } },
        },
        tags: { type: 'array', items: { type: 'object', properties: { label: true } } },
        free: { type: 'object', additionalProperties: { type: 'string' } },
      },
    };
    const root = ofData({ id: 'x', extra: 1, total: 9 }, schema);
    expect(at(root, 'data.state')).toEqual({
      type: 'text',
      description: 'Where it stands.',
      example: 'open',
      open: false,
    });
    expect(at(root, 'data.total')).toMatchObject({ type: 'number', example: 9 });
    expect(at(root, 'data.due')?.type).toBe('time');
    expect(at(root, 'data.mixed')?.type).toBe('any');
    expect(at(root, 'data.buyer.name')?.example).toBe('Ada');
    expect(at(root, 'data.buyer.mail')).toBeUndefined();
    expect(at(root, 'data.tags.0.label')?.type).toBe('any');
    expect(at(root, 'data.tags.0.lable')).toBeUndefined();
    expect(at(root, 'data.free.whatever')?.type).toBe('any');
    expect(at(root, 'data.id')).toMatchObject({ type: 'text', example: 'x' });
    expect(at(root, 'data.extra')?.type).toBe('number');
    expect(at(root, 'data.other')).toBeUndefined();
  });

  it.each(['allOf', 'anyOf', 'oneOf'])('unites the fields of %s', (keyword) => {
    const alternatives: JsonObject[] = [
      { properties: { card: { type: 'string' } } },
      { properties: { iban: { type: 'string' }, card: { type: 'string' } } },
    ];
    const root = ofData({}, { type: 'object', [keyword]: alternatives });
    expect(at(root, 'data.card')?.type).toBe('text');
    expect(at(root, 'data.iban')?.type).toBe('text');
    expect(at(root, 'data.ibn')).toBeUndefined();
  });

  it.each<boolean | JsonObject>([
    true,
    false,
    {},
    { type: 'string' },
    { type: [] },
    { properties: 5 },
  ])('takes the schema %j without complaint', (schema) =>
    expect(at(ofData({ id: 1 }, schema), 'data.id')?.type).toMatch(/number|any/),
  );

  it('unites several event types, and is open where one of them is', () => {
    const closed: JsonObject = { properties: { a: { type: 'number' }, both: { type: 'string' } } };
    const first = type({ data: { a: 1, both: 'x' } }, closed);
    const second = type({ data: { b: null, both: 2 } }, { properties: { b: {}, both: {} } });
    const root = contextFields([first, second]);
    expect(at(root, 'data.a')?.type).toBe('number');
    expect(at(root, 'data.b')?.type).toBe('any');
    expect(at(root, 'data.both')?.type).toBe('any');
    expect(at(root, 'data.c')).toBeUndefined();
    expect(at(contextFields([first, type({ data: {} })]), 'data.c')?.type).toBe('any');
    expect(at(contextFields([]), 'data.anything.at.all')?.type).toBe('any');
  });

  it('keeps a field that is called __proto__, through JSON and structured clones too', () => {
    const data: JsonObject = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": "c"}');
    const schema: JsonObject = JSON.parse('{"properties": {"__proto__": {"type": "object"}}}');
    const root = contextFields([type({ data }, schema), type({ data })]);
    for (const copy of [root, structuredClone(root), JSON.parse(JSON.stringify(root)) as Field]) {
      expect(at(copy, 'data.__proto__.polluted')?.type).toBe('number');
      expect(at(copy, 'data.constructor')?.type).toBe('text');
      expect(at(copy, 'event.__proto__')).toBeUndefined();
      expect(at(copy, 'event.constructor')).toBeUndefined();
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('stays small whatever it is given', () => {
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`field${i}`, i]));
    const nested = JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`) as JsonObject;
    const long = { text: 'x'.repeat(200_000) };
    const types = Array.from({ length: 500 }, () => type({ data: wide }));
    const begin = process.cpuUsage();
    const root = contextFields([...types, type({ data: nested }), type({ data: long })]);
    expect(JSON.stringify(root).length).toBeLessThan(4_000_000);
    expect(JSON.stringify(ofData(long)).length).toBeLessThan(20_000);
    expect(at(ofData(nested), `data${'.a'.repeat(400)}`)?.type).toBe('any');
    expect(process.cpuUsage(begin).user / 1000).toBeLessThan(1_000);
  });

  it('misses no field of the context that rules really read', () => {
    const key = fc.constantFrom('a', 'b', '__proto__', 'constructor', '1');
    const record = fc.dictionary(key, fc.jsonValue({ maxDepth: 3 })) as fc.Arbitrary<JsonObject>;
    fc.assert(
      fc.property(record, (data) => {
        const example = { data, changes: { id: { old: 1, new: 2 } }, actor: { id: 1 } };
        expect(unlisted(event(data), contextFields([type(example)]))).toEqual([]);
      }),
    );
  });
});

/** The paths of a value that its field says nothing of. */
function unlisted(value: JsonValue, field: Field | undefined, path = ''): string[] {
  if (!field) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    unlisted(inner, fieldAt(field, name), `${path}.${name}`),
  );
}

const event = (data: JsonObject): JsonObject => {
  const published: StoredEvent = {
    id: 'e',
    workspaceId: 'w',
    type: 'order.paid',
    sourceId: null,
    data,
    changes: { id: { old: 1, new: 2 } },
    actor: { id: 1 },
    occurredAt: '',
    createdAt: '',
    targetWebhookId: null,
  };
  const names = {
    automation: { id: 'a', name: 'n' },
    webhook: { id: 'w', name: 'n' },
    deliveryId: 'd',
  };
  const shared = eventContext(published, { id: 'w', name: 'n', timeZone: 'UTC' }, '');
  return ruleContext(names, published, shared).toJSON();
};
