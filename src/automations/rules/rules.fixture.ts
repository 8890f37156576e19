import * as fc from 'fast-check';
import type { StoredEvent } from '../../event-bus/index.js';
import type { JsonObject, JsonValue } from '../../json.js';
import type { Rule } from './rule.js';

/** A rule of an automation on user.created. */
export function automationRule(differences: Partial<Rule> = {}): Rule {
  const id = differences.id ?? 'rule';
  return {
    id,
    automation: { id, name: id },
    webhook: { id: 'webhook', name: 'webhook', method: 'POST' },
    workspaceId: 'workspace',
    revision: 1,
    triggers: ['user.created'],
    condition: null,
    template: null,
    templateFormat: 'json-text',
    contentType: null,
    priority: 0,
    ...differences,
  };
}

/** An event of user.created. */
export function storedEvent(differences: Partial<StoredEvent> = {}): StoredEvent {
  const at = '2026-01-02T03:04:05.000Z';
  return {
    id: 'event',
    workspaceId: 'workspace',
    type: 'user.created',
    sourceId: null,
    data: {},
    changes: null,
    actor: null,
    occurredAt: at,
    createdAt: at,
    targetWebhookId: null,
    ...differences,
  };
}

/** Values that JSON Logic takes for one another, or nearly: few, so that events and conditions meet. */
const TEXTS = ['SGT', 'sgt', '', ' ', '0', '1', '5', '5.0', ' 5', '1e0', 'Infinity', 'null', 'a,b'];
const PLAIN = [0, -0, 1, 5, 3, 1.5, true, false, null];
const LISTS = [[], ['SGT'], [5], [['SGT']], ['a', 'b'], [null]];
const OBJECTS: JsonObject[] = [{}, { id: 5 }, { toString: 1 }];
const value = fc.constantFrom<JsonValue>(...TEXTS, ...PLAIN, ...LISTS, ...OBJECTS);

const INDEXED = ['data.rank', 'data.id', 'data.unit.id', 'data.tags', 'data.tags.0', 'data.unit'];
const ODD = ['data', 'data.rank.length', 'data.constructor', 'event.type', 'event.data'];
const OTHERS = ['changes.rank.new', 'actor.id', 'model.rank', 'model_id', 'causer_id'];
const NOT_INDEXED = ['previous.rank', 'now', 'workspace.id'];
const path = fc.constantFrom(...INDEXED, ...ODD, ...OTHERS, ...NOT_INDEXED);
const variable = fc.oneof(
  { weight: 4, arbitrary: path.map((name): JsonValue => ({ var: name })) },
  path.map((name): JsonValue => ({ var: [name] })),
  fc.tuple(path, value).map((operands): JsonValue => ({ var: operands })),
);
const operand = fc.oneof({ weight: 3, arbitrary: value }, variable);

/** Conditions with equalities in and out of the places where they are looked for. */
export const condition: fc.Arbitrary<JsonValue> = fc.letrec<Record<'node' | 'leaf', JsonValue>>(
  (tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      tie('leaf'),
      operation(fc.constantFrom('and', 'or'), fc.array(tie('node'), { maxLength: 3 })),
      operation(fc.constantFrom('!', '!!'), fc.tuple(tie('node'))),
    ),
    leaf: fc.oneof(
      { weight: 5, arbitrary: operation(fc.constantFrom('==', '==='), pairs(variable, value)) },
      operation(fc.constantFrom('==', '===', '!=', '>'), fc.tuple(operand, operand)),
      operation(fc.constant('in'), fc.tuple(variable, fc.array(value, { maxLength: 3 }))),
      operation(fc.constant('in'), fc.tuple(operand, operand)),
      operand,
    ),
  }),
).node;

function operation(name: fc.Arbitrary<string>, operands: fc.Arbitrary<JsonValue[]>) {
  return fc.tuple(name, operands).map(([key, values]): JsonValue => ({ [key]: values }));
}

function pairs(one: fc.Arbitrary<JsonValue>, other: fc.Arbitrary<JsonValue>) {
  return fc.oneof(fc.tuple(one, other), fc.tuple(other, one));
}

const types = ['user.created', 'user.updated', 'unit.created', 'user.rank.created'];
const triggers = fc.uniqueArray(
  fc.constantFrom(...types, '*', 'user.*', 'user.rank.*', '*.created', '*.rank.created'),
  { maxLength: 3 },
);

/** Rules of few ids and priorities. */
export const rule: fc.Arbitrary<Rule> = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    priority: fc.integer({ min: -1, max: 1 }),
    triggers,
    condition,
  })
  .map(automationRule);

const data: fc.Arbitrary<JsonObject> = fc.record(
  {
    rank: value,
    id: value,
    unit: fc.oneof(fc.record({ id: value }), value),
    tags: fc.oneof(fc.array(value, { maxLength: 2 }), value),
    constructor: value,
  },
  { requiredKeys: [] },
);

/** Events with the fields that the conditions ask for, or without. */
export const event: fc.Arbitrary<StoredEvent> = fc
  .record({
    type: fc.constantFrom(...types),
    data,
    changes: fc.option(fc.record({ rank: fc.record({ old: value, new: value }) })),
    actor: fc.option(fc.record({ id: value })),
  })
  .map(storedEvent);
