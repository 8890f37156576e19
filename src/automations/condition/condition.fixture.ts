import * as fc from 'fast-check';
import type { JsonValue } from '../../json.js';
import { Context } from '../context/context.js';
import { applyLogic } from './json-logic.js';
import { OPERATORS } from './operators/index.js';

/** A promotion, with what a test changes of it. */
export function contextWith(values: Parameters<typeof Context.of>[0] = {}): Context {
  return Context.of({
    event: { type: 'user.updated', occurredAt: '2026-06-01T07:59:00Z' },
    data: { rank: 'Captain', points: 120, tags: ['pilot'], unit: { name: 'Alpha' } },
    changes: { rank: { old: 'Lieutenant', new: 'Captain' } },
    previous: { rank: 'Lieutenant', points: 120, tags: ['pilot'], unit: { name: 'Alpha' } },
    actor: null,
    workspace: { id: 'w1', timeZone: 'UTC' },
    now: '2026-06-01T08:00:00Z',
    ...values,
  });
}

/** What a rule gives for a promotion. */
export function give(rule: JsonValue, on: Context = contextWith()): unknown {
  return applyLogic(rule, on, 50_000);
}

const PATHS = ['data', 'data.rank', 'data.tags', 'data.unit', 'data.unit.name', 'data.absent'];
const OTHER_PATHS = ['event.occurredAt', 'changes', 'changes.rank.new', 'previous.rank', 'now', ''];
const FIELDS = ['rank', 'unit', 'unit.name', 'tags.0', 'absent', ''];
const TEXTS = [
  '',
  'Captain',
  'pil*',
  '?',
  '90d',
  '2026-01-31',
  'weekday',
  'Asia/Tokyo',
  'x😀',
  '5',
];

const constant: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, false, 0, 1, -2.5, 1_700_000_000, ...TEXTS),
  fc.array(fc.constantFrom<JsonValue>('pilot', 1, null), { maxLength: 3 }),
);
const variable: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom(...PATHS, ...OTHER_PATHS).map((path) => ({ var: path })),
  fc.constantFrom('', 'name', 'current', 'accumulator').map((path) => ({ var: path })),
);

/** Conditions of all operators with any arguments, most of them nonsense. */
export const anyRule: fc.Arbitrary<JsonValue> = fc.letrec<{ rule: JsonValue }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    constant,
    variable,
    fc
      .tuple(fc.constantFrom('changed', 'was', 'changed_to'), fc.constantFrom(...FIELDS), constant)
      .map(([name, field, value]) => ({ [name]: name === 'changed_to' ? [field, value] : field })),
    fc
      .tuple(fc.constantFrom(...OPERATORS.keys()), fc.array(tie('rule'), { maxLength: 3 }))
      .map(([name, args]) => ({ [name]: args })),
  ),
})).rule;

const word = fc.constantFrom('rank', 'unit', 'name', 'tags', 'unit.name', 'length', '__proto__');
const anyData = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    constant,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(word, tie('value'), { maxKeys: 4 }),
  ),
})).value;

/** Contexts whose parts are anything. */
export const anyContext: fc.Arbitrary<Context> = fc
  .record({
    event: anyData,
    data: anyData,
    previous: anyData,
    changes: fc.oneof(
      fc.constant(null),
      fc.dictionary(word, fc.record({ old: anyData, new: anyData }), { maxKeys: 3 }),
    ),
    workspace: fc.constantFrom<JsonValue>(
      null,
      { timeZone: 'Asia/Tokyo' },
      { timeZone: 'Nowhere' },
    ),
    now: fc.constantFrom<JsonValue>('2026-06-01T08:00:00Z', 1_780_000_000, 'now'),
  })
  .map((values) => Context.of(values));
