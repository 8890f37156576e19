import * as fc from 'fast-check';
import { processorTime } from '../../../../test/support/processor-time.js';
import { analyseTemplate } from '../../template/index.js';
import type { JsonValue } from '../../../json.js';
import { Context, CONTEXT_NAMES } from '../../context/context.js';
import { contextFields } from '../../context/context-fields.js';
import { ANY_FIELD, type Field } from '../../context/field.js';
import { anyRule } from '../condition.fixture.js';
import { analyseCondition, checkCondition, evaluateCondition } from '../index.js';

const data = {
  rank: 'Captain',
  points: 120,
  tags: ['pilot'],
  unit: { name: 'Alpha' },
  members: [{ name: 'Ada', joined: '2026-01-31', posts: [{ title: 'x' }] }],
};
const schema = (additionalProperties: boolean) => ({
  type: 'object',
  additionalProperties,
  properties: {
    rank: { type: 'string' },
    points: { type: 'number' },
    tags: { type: 'array', items: { type: 'string' } },
    unit: { type: 'object', additionalProperties, properties: { name: { type: 'string' } } },
  },
});
const closed: Field = contextFields([
  { name: 'user.updated', schema: schema(false), example: { data } },
]);
const open: Field = contextFields([{ name: 'user.updated', schema: null, example: { data } }]);

function warnings(condition: JsonValue, fields = closed): string[] {
  return analyseCondition(condition, fields).warnings.map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

const some = (list: string, inner: JsonValue): JsonValue => ({ some: [{ var: list }, inner] });

describe('analyseCondition', () => {
  it.each([100, 2300])('takes a bounded time, with names of %i characters', (length) => {
    const names = Array.from({ length: 190 }, (_, i) => 'n'.repeat(length) + String(i));
    const fields = Object.fromEntries(names.map((name) => [name, ANY_FIELD]));
    const context: Field = {
      type: 'object',
      open: false,
      fields: { data: { type: 'object', open: true, fields } },
    };
    const unknown = Array.from({ length: 130 }, (_, i) => `data.${'m'.repeat(96)}${i}`);
    const condition = { and: unknown.map((path) => ({ '!!': [{ var: path }] })) };
    const { ms } = processorTime(() => {
      expect(analyseCondition(condition, context).variables).toHaveLength(130);
    });
    expect(ms).toBeLessThan(400);
  });

  it.each<[JsonValue, string[]]>([
    [
      { '==': [{ var: 'data.rank' }, { var: ['actor.name', { var: 'now' }] }] },
      ['actor.name', 'data.rank', 'now'],
    ],
    [{ and: [{ var: 'data.rank' }, { var: 'data.rank' }] }, ['data.rank']],
    [some('data.members', { '==': [{ var: 'name' }, 'x'] }), ['data.members']],
    [
      { reduce: [{ var: 'data.tags' }, { var: 'current' }, { var: 'data.points' }] },
      ['data.points', 'data.tags'],
    ],
    [{ missing: ['data.rank', 'data.unit'] }, ['data.rank', 'data.unit']],
    [
      { missing: { merge: ['data.rank', { if: [{ var: 'data.points' }, 'data.unit', []] }] } },
      ['data.points', 'data.rank', 'data.unit'],
    ],
    [{ missing_some: [1, ['data.rank']] }, ['data.rank']],
    [
      { and: [{ changed: ['rank', 'unit.name'] }, { was: 'points' }] },
      ['data.points', 'data.rank', 'data.unit.name'],
    ],
    [some('data.tags', { changed: 'rank' }), ['data.rank', 'data.tags']],
    [{ changed: [] }, ['changes']],
    [{ blank: { var: '' } }, ['']],
    [true, []],
  ])('lists what %j reads', (condition, variables) => {
    expect(analyseCondition(condition, open).variables).toEqual(variables);
    expect(analyseCondition(condition, ANY_FIELD)).toEqual({ variables, warnings: [] });
  });

  it.each<[JsonValue, string[]]>([
    [{ var: 'data.rnak' }, ['var: There is no "rnak" in data. Did you mean "data.rank"?']],
    [
      { '!': { var: 'data.colour' } },
      ['!.var: There is no "colour" in data. There are: rank, points, tags, unit, members.'],
    ],
    [
      { var: 'data.unit.nmae' },
      ['var: There is no "nmae" in data.unit. Did you mean "data.unit.name"?'],
    ],
    [{ var: 'data.rank.name' }, ['var: "data.rank" is a text and has no fields.']],
    [
      { var: 'data.tags.name' },
      ['var: "data.tags" is a list: use "some" or "filter", or read one item as "data.tags.0".'],
    ],
    [
      { missing: ['data.rnak'] },
      ['missing[0]: There is no "rnak" in data. Did you mean "data.rank"?'],
    ],
    [{ changed: 'rnak' }, ['changed: There is no "rnak" in data. Did you mean "rank"?']],
    [
      { changed_to: ['data.rank', 1] },
      ['changed_to: The field is named by its path within "data": leave "data." away.'],
    ],
    [
      some('data.members', { var: 'nmae' }),
      ['some[1].var: There is no "nmae" in the items of data.members. Did you mean "name"?'],
    ],
    [
      some('data.unit', { var: 'x' }),
      ['some: "data.unit" is no list, so this loop finds nothing.'],
    ],
    [
      { reduce: [{ var: 'data.members' }, { var: 'current.nmae' }, 0] },
      ['reduce[1].var: There is no "nmae" in current. Did you mean "current.name"?'],
    ],
    [
      some('data.members', some('posts', { var: 'titel' })),
      ['some[1].some[1].var: There is no "titel" in the items of posts. Did you mean "title"?'],
    ],
    [
      { some: [{ filter: [{ var: 'data.members' }, { var: 'name' }] }, { var: 'nmae' }] },
      ['some[1].var: There is no "nmae" in the items of data.members. Did you mean "name"?'],
    ],
    [
      some('data.members', { var: 'data.rank' }),
      [
        'some[1].var: Inside of a loop "var" reads the item, which is not known to have "data". Test the event outside of the loop.',
      ],
    ],
  ])('warns of %j', (condition, expected) => {
    expect(checkCondition(condition)).toEqual([]);
    expect(warnings(condition)).toEqual(expected);
  });

  it.each<JsonValue>([
    { var: 'data.tags.0' },
    { var: 'data.tags.length' },
    { var: 'data.rank.length' },
    { var: 'data.rank.0' },
    { var: 'data.members.0.name' },
    { var: 'changes.rank.new' },
    { var: 'previous.unit.name' },
    { var: 'model.rank' },
    { var: 'actor.anything' },
    some('data.tags', { '==': [{ var: '' }, 'pilot'] }),
    some('data.members', { and: [{ changed: 'rank' }, { var: 'name' }] }),
    { some: [{ map: [{ var: 'data.tags' }, 1] }, { var: 'anything' }] },
  ])('has nothing to say of %j', (condition) => {
    expect(warnings(condition)).toEqual([]);
  });

  it('says nothing of further fields where there may be some, unless a known one is near', () => {
    expect(warnings({ var: 'data.colour' }, open)).toEqual([]);
    expect(warnings({ changed: 'colour' }, open)).toEqual([]);
    expect(warnings({ var: 'data.rnak' }, open)).toHaveLength(1);
    expect(warnings({ changed: 'data.rank' }, open)).toHaveLength(1);
    expect(warnings({ var: 'data.rnak' }, ANY_FIELD)).toEqual([]);
  });

  it.each([
    ['updated_at', false],
    ['address_line2', false],
    ['creatd_at', true],
    ['Created_at', true],
  ])('takes the same names for slips as the check of templates: %s', (name, isSlip) => {
    const example = { data: { created_at: '2026-01-31', address_line1: 'x' } };
    const fields = contextFields([{ name: 'user.created', schema: null, example }]);
    const template = analyseTemplate(`{{ data.${name} }}`, { format: 'json-text' }, fields);
    const condition = analyseCondition({ '!!': { var: `data.${name}` } }, fields);
    expect(condition.warnings).toHaveLength(isSlip ? 1 : 0);
    expect(template.warnings).toHaveLength(isSlip ? 1 : 0);
  });

  it('names every name of the context that is read', () => {
    const alsoRead = ['changes', 'data', 'previous', 'now', 'workspace'];
    fc.assert(
      fc.property(anyRule, (rule) => {
        fc.pre(checkCondition(rule).length === 0);
        const read: string[] = [];
        const makers = CONTEXT_NAMES.map((name) => [name, () => (read.push(name), { rank: 'x' })]);
        evaluateCondition(rule, new Context(Object.fromEntries(makers)));
        const { variables } = analyseCondition(rule, ANY_FIELD);
        if (variables.includes('')) return;
        const roots = new Set([...variables.map((path) => path.split('.')[0]), ...alsoRead]);
        for (const name of read) expect(roots).toContain(name);
      }),
      { numRuns: 1000 },
    );
  });

  it('names every path that is read', () => {
    const paths = ['data.rank', 'data.unit.name', 'event.type', 'actor'];
    const reading = fc.array(fc.constantFrom(...paths), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(reading, ([first = '', ...others]) => {
        const rule: JsonValue = {
          or: [{ var: first }, { missing: others }, { '!': { var: first } }],
        };
        const { variables } = analyseCondition(rule, ANY_FIELD);
        expect(variables).toEqual([...new Set([first, ...others])].toSorted());
      }),
    );
  });

  it('never throws and always ends, whatever the condition', () => {
    fc.assert(
      fc.property(anyRule, fc.jsonValue(), (rule, json) => {
        for (const condition of [rule, JSON.parse(JSON.stringify(json)) as JsonValue]) {
          expect(analyseCondition(condition, closed).warnings.length).toBeLessThanOrEqual(20);
        }
      }),
    );
    let deep: JsonValue = { var: 'data.x' };
    for (let level = 0; level < 50_000; level += 1) deep = { '!': [deep] };
    expect(analyseCondition(deep, closed).variables).toEqual([]);
  });
});
