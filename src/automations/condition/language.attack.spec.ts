import { processorTime } from '../../../test/support/processor-time.js';
import type { JsonValue } from '../../json.js';
import { Context } from '../context/context.js';
import { checkCondition, evaluateCondition, traceCondition } from './index.js';
import { applyLogic } from './json-logic.js';

const digits = Array.from({ length: 300 }, (_, index) => index);
const context = Context.of({
  data: {
    digits,
    long: 'ab'.repeat(100_000),
    periodic: 'a'.repeat(200_000),
    needle: `${'a'.repeat(30_000)}b${'a'.repeat(30_000)}`,
    wide: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`f${index}`, index])),
    twins: [records(2000), records(2000)],
    zones: Array.from({ length: 300 }, (_, index) => `Nowhere/${index}`),
  },
  changes: Object.fromEntries(
    Array.from({ length: 5000 }, (_, index) => [`f${index}`, { old: 1, new: 1 }]),
  ),
  workspace: { timeZone: 'Europe/Berlin' },
  now: '2026-06-01T08:00:00Z',
});

/** Objects that have to be compared field by field. */
function records(width: number): JsonValue {
  return Array.from({ length: width }, (_, index) => ({ id: index, tags: ['a', 'b', 'c'] }));
}

const data = (name: string): JsonValue => ({ var: `data.${name}` });
const ACC: JsonValue = { var: 'accumulator' };

/** `step` is repeated 300 times on what it gave before, beginning with `start`. */
function repeated(step: JsonValue, start: JsonValue): JsonValue {
  return { reduce: [data('digits'), step, start] };
}

const many = (inner: JsonValue): JsonValue => ({ map: [digits, inner] });
const times = (count: number, inner: JsonValue): JsonValue[] =>
  Array.from({ length: count }, () => inner);
const doubledList = repeated([ACC, ACC], [1]);

const COSTLY: [name: string, condition: JsonValue][] = [
  ['three loops inside of each other', many(many(many({ '+': [1, 1] })))],
  ['a text that doubles', repeated({ cat: [ACC, ACC] }, 'x')],
  ['a list that doubles', repeated({ merge: [ACC, ACC] }, [1])],
  ['a list that holds itself twice, joined', { cat: [doubledList] }],
  ['a list that holds itself twice, compared', { '==': [doubledList, 'x'] }],
  ['a list that holds itself twice, as a number', { '+': [doubledList] }],
  ['a list that holds itself twice, as a path', { var: [doubledList] }],
  ['a list that holds itself twice, as a field', { changed: [doubledList] }],
  ['a list that holds itself twice, deeply compared', { contains: [[doubledList], doubledList] }],
  [
    'long texts compared again and again',
    repeated({ if: [{ '==': [{ var: 'accumulator.data.long' }, 'x'] }, 1, ACC] }, { var: '' }),
  ],
  ['one long text put together many times', { cat: times(900, data('long')) }],
  ['a long text in lower case again and again', { and: times(900, { lower: data('long') }) }],
  ['the length of a long text again and again', { and: times(900, { length: data('long') }) }],
  ['the length of a wide object again and again', { and: times(900, { length: data('wide') }) }],
  ['a wide object looked at for nothing', { and: times(900, { filled: data('wide') }) }],
  ['a long text searched for in a longer one', { in: [data('needle'), data('periodic')] }],
  ['the same with contains', { contains: [data('periodic'), data('needle')] }],
  [
    'large lists compared deeply',
    { or: times(300, { intersects: [data('twins'), [1, data('twins')]] }) },
  ],
  [
    'a pattern full of stars',
    { or: times(900, { matches_glob: [data('periodic'), `${'*a'.repeat(99)}b`] }) },
  ],
  [
    'a pattern full of question marks',
    { or: times(900, { matches_glob: [data('periodic'), `*${'?'.repeat(190)}b`] }) },
  ],
  ['many changes looked through', { or: times(900, { changed: 'x' }) }],
  ['a path of many parts', { or: times(300, { changed: 'a.'.repeat(490) }) }],
  [
    'time zones that do not exist',
    { some: [data('zones'), { date_part: ['2026-01-31', 'hour', { var: '' }] }] },
  ],
  ['times without an offset', { or: times(900, { before: ['2026-01-31', '2025-01-31'] }) }],
];

const read = (name: string): JsonValue => ({ or: times(900, { var: [{ var: name }, false] }) });

describe('a path that is far too long', () => {
  const dots = '.'.repeat(250_000);
  const on = Context.of({ data: { dots, parts: 'a.'.repeat(500), some: 'data.some' } });

  it('leads nowhere, and is not taken apart', () => {
    const { ms } = processorTime(() => {
      for (let i = 0; i < 20; i += 1) {
        expect(applyLogic({ missing: [dots] }, on, 50_000)).toEqual([dots]);
      }
      expect(applyLogic({ var: [{ var: 'data.dots' }, 'none'] }, on, 50_000)).toBe('none');
    });
    expect(ms).toBeLessThan(120);
  });

  it('is charged by its length', () => {
    expect(evaluateCondition(read('data.some'), on)).toMatchObject({ ok: true });
    expect(evaluateCondition(read('data.parts'), on)).toMatchObject({
      ok: false,
      fault: { code: 'condition_too_costly' },
    });
  });
});

/** Measured at 10 to 30 ms; jest and a busy machine take several times as long, a blow-up takes for ever. */
const AT_MOST_MS = 3000;

describe('a condition that was made to be costly', () => {
  it.each(COSTLY)('is stopped: %s', (_name, condition) => {
    const { result, ms } = processorTime(() => evaluateCondition(condition, context));
    expect(ms).toBeLessThan(AT_MOST_MS);
    expect(result).toMatchObject({ ok: false, fault: { code: 'condition_too_costly', path: '' } });
  });

  it.each(COSTLY)('is stopped with a trace too: %s', (_name, condition) => {
    const limits = { steps: 5000 };
    const { trace, ...result } = traceCondition(condition, context, limits);
    expect(result).toEqual(evaluateCondition(condition, context, limits));
    expect(result.ok).toBe(false);
    expect(JSON.stringify(trace).length).toBeLessThan(100_000);
  });
});

function deep(wrap: (inner: JsonValue) => JsonValue): JsonValue {
  let value: JsonValue = 1;
  for (let level = 0; level < 20_000; level += 1) value = wrap(value);
  return value;
}

describe('data that is deep', () => {
  const on = Context.of({
    data: { list: deep((inner) => [inner]), object: deep((inner) => ({ x: inner })) },
    changes: { list: { old: deep((inner) => [inner]), new: deep((inner) => [inner]) } },
  });

  it.each<JsonValue>([
    { '==': [{ var: 'data.object' }, 'x'] },
    { contains: [[{ var: 'data.list' }], { var: 'data.list' }] },
    { intersects: [[{ var: 'data.object' }], [{ var: 'data.object' }]] },
    { changed: 'list' },
    { length: { var: 'data.list' } },
    { filled: { var: 'data.object' } },
    { lower: { var: 'data.list' } },
    { some: [{ var: 'data.list' }, { blank: { var: '' } }] },
  ])('has a value for %j', (condition) => {
    expect(evaluateCondition(condition, on).ok).toBe(true);
    expect(traceCondition(condition, on).ok).toBe(true);
  });

  it('has a value where a text is made of it', () => {
    const nested = { var: 'data.list' };
    const condition = { '==': [{ cat: [nested] }, '[object Array]'] };
    expect(evaluateCondition(condition, on)).toEqual({ ok: true, matched: true });
    expect(traceCondition(condition, on)).toMatchObject({ ok: true, matched: true });
    expect(evaluateCondition({ '<': [nested, 1] }, on)).toEqual({ ok: true, matched: false });
  });

  it('has a value where a condition makes it deep', () => {
    const items = Context.of({ data: { list: Array.from({ length: 5000 }, () => 1) } });
    const nested: JsonValue = { reduce: [{ var: 'data.list' }, [{ var: 'accumulator' }], 1] };
    expect(evaluateCondition({ '==': [nested, 'x'] }, items, { steps: 1e9 }).ok).toBe(true);
  });

  it('is read as ever where an event has as many levels as it may', () => {
    let list: JsonValue = 'x';
    for (let level = 0; level < 64; level += 1) list = [list];
    const condition = { '==': [{ var: 'data.list' }, 'x'] };
    expect(evaluateCondition(condition, Context.of({ data: { list } }))).toMatchObject({
      matched: true,
    });
  });
});

describe('the way to a prototype', () => {
  const names = [
    'constructor',
    'constructor.constructor',
    '__proto__',
    'data.constructor',
    'data.__proto__.constructor',
    'data.digits.constructor',
    'data.long.constructor.prototype',
  ];

  it.each(names)('is refused on save: %s', (name) => {
    const inData = name.replace('data.', '');
    const uses: JsonValue[] = [
      { var: name },
      { missing: [name] },
      { missing_some: [1, [name]] },
      { changed: inData },
      { changed_to: [inData, 1] },
      { changed_from: [inData, 1] },
      { '==': [{ was: inData }, 1] },
      { some: [data('digits'), { var: inData }] },
    ];
    for (const use of uses) {
      expect(checkCondition(use)).toMatchObject([{ code: 'forbidden_path' }]);
    }
  });

  it.each(names)('leads nowhere, however it is spelled: %s', (name) => {
    const [start, end] = [name.slice(0, 3), name.slice(3)];
    for (const path of [name, { cat: [start, end] }, { lower: name }, { trim: ` ${name} ` }]) {
      expect(applyLogic({ var: [path] }, context, 1000)).toBeNull();
      expect(applyLogic({ missing: [path] }, context, 1000)).toEqual([name]);
      expect(applyLogic({ was: [path] }, context, 1000)).toBeNull();
      expect(applyLogic({ changed: [path] }, context, 10_000)).toBe(false);
      expect(applyLogic({ map: [[{}], { var: [path] }] }, context, 1000)).toEqual([null]);
    }
  });
});
