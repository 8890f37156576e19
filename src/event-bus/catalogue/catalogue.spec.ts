import { compileDataCheck } from '../data-schema.js';
import { BUILT_IN_EVENT_TYPES, builtInEventType, isEventTypeName, isOperational } from './index.js';

const RESOURCES = [
  'user',
  'assignmentrecord',
  'awardrecord',
  'combatrecord',
  'qualificationrecord',
  'rankrecord',
  'servicerecord',
  'calendar',
  'event',
  'message',
  'submission',
];
const OPERATIONAL = [
  'webhook.failing',
  'webhook.recovered',
  'webhook.disabled',
  'delivery.exhausted',
];
const EXPECTED = RESOURCES.flatMap((resource) =>
  ['created', 'updated', 'deleted'].map((verb) => `${resource}.${verb}`),
);

describe('the built-in event types', () => {
  it('are the 33 of the eleven records, webhook.test and the operational ones, each once', () => {
    const names = BUILT_IN_EVENT_TYPES.map((type) => type.name);
    expect(names.toSorted()).toEqual([...EXPECTED, 'webhook.test', ...OPERATIONAL].toSorted());
    expect(names.filter(isOperational)).toEqual(OPERATIONAL);
  });

  it.each(OPERATIONAL)(
    '%s has a schema that its example meets, and that asks for all of it',
    (name) => {
      const { schema, example } = builtInEventType(name) ?? {};
      const check = compileDataCheck(schema ?? {});
      expect(check(example?.data ?? {})).toEqual([]);
      for (const field of Object.keys(example?.data ?? {})) {
        const { [field]: _, ...rest } = example?.data ?? {};
        expect(check(rest)).toHaveLength(1);
      }
    },
  );

  it.each(BUILT_IN_EVENT_TYPES)('$name is complete and its example is plain JSON', (type) => {
    expect(isEventTypeName(type.name)).toBe(true);
    expect(type.group).toMatch(/^[A-Z]/);
    expect(type.description).toMatch(/^[A-Z].+\.$/);
    expect(Object.keys(type.example.data)).not.toHaveLength(0);
    expect(JSON.parse(JSON.stringify(type.example))).toEqual(type.example);
  });

  it('have changes that agree with the record, and only where something was updated', () => {
    for (const { name, example } of BUILT_IN_EVENT_TYPES) {
      expect(example.changes !== undefined).toBe(name.endsWith('.updated'));
      for (const [field, change] of Object.entries(example.changes ?? {})) {
        expect(change.new).toEqual(example.data[field]);
        expect(change.old).not.toEqual(change.new);
      }
    }
  });

  it('tell one story: what is updated was created with the old values, and deleted as it was', () => {
    for (const resource of RESOURCES) {
      const updated = builtInEventType(`${resource}.updated`)?.example;
      const old = Object.entries(updated?.changes ?? {}).map(([field, change]) => [
        field,
        change.old,
      ]);
      const before = { ...updated?.data, ...Object.fromEntries(old) };
      expect(builtInEventType(`${resource}.created`)?.example.data).toEqual(before);
      expect(builtInEventType(`${resource}.deleted`)?.example.data).toEqual(updated?.data);
    }
  });

  it('cannot be changed, however deep', () => {
    const unfrozen: unknown[] = [];
    const open: unknown[] = [BUILT_IN_EVENT_TYPES];
    for (let value = open.pop(); value !== undefined; value = open.pop()) {
      if (typeof value !== 'object' || value === null) continue;
      if (!Object.isFrozen(value)) unfrozen.push(value);
      open.push(...Object.values(value).filter((inner) => inner !== undefined));
    }
    expect(unfrozen).toEqual([]);
  });
});

describe('builtInEventType', () => {
  it('finds a type by its exact name and nothing else', () => {
    expect(builtInEventType('rankrecord.created')?.group).toBe('Rank Record');
    expect(builtInEventType('RankRecord.created')).toBeUndefined();
    expect(builtInEventType('constructor')).toBeUndefined();
  });
});

describe('isEventTypeName', () => {
  it.each(['user.created', 'a.b.c', 'billing_2.invoice.paid', `${'a'.repeat(98)}.b`])(
    'accepts %s',
    (name) => expect(isEventTypeName(name)).toBe(true),
  );

  it.each([
    '',
    'user',
    'User.created',
    'user..created',
    '.user',
    'user.',
    'user.*',
    'ü.b',
    'a b.c',
  ])('refuses %j', (name) => expect(isEventTypeName(name)).toBe(false));

  it('refuses a line end after the name, and more than 100 characters', () => {
    expect(isEventTypeName('user.created\n')).toBe(false);
    expect(isEventTypeName(`${'a'.repeat(99)}.b`)).toBe(false);
  });
});
