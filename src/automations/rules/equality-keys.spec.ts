import type { JsonValue } from '../../json.js';
import { equalitiesOf } from './equality-keys.js';

const rank = { var: 'data.rank' };
const unit = { var: 'data.unit' };

const demands = (condition: JsonValue) =>
  equalitiesOf(condition).map(({ path, keys, loose }) => [path, [...keys], loose ? '==' : '===']);

describe('what a condition demands', () => {
  it.each<[string, JsonValue, unknown[]]>([
    ['a text', { '==': [rank, 'SGT'] }, ['data.rank', ['SGT'], '==']],
    ['the operands the other way round', { '===': ['SGT', rank] }, ['data.rank', ['SGT'], '===']],
    ['a number', { '===': [unit, 7] }, ['data.unit', [7], '===']],
    ['a text that reads as a number', { '==': [unit, '7.0'] }, ['data.unit', [7], '==']],
    ['a boolean, which equals a number', { '==': [unit, true] }, ['data.unit', [1], '==']],
    ['one of a list', { in: [rank, ['SGT', 7]] }, ['data.rank', ['SGT', 7], '===']],
    ['none of a list', { in: [rank, []] }, ['data.rank', [], '===']],
    ['one operand without a list', { and: { '==': [rank, 'SGT'] } }, ['data.rank', ['SGT'], '==']],
    [
      'at a path of eight parts',
      { '===': [{ var: 'data.2.3.4.5.6.7.8' }, 'SGT'] },
      ['data.2.3.4.5.6.7.8', ['SGT'], '==='],
    ],
    [
      'a variable with a fallback that is not asked for',
      { '==': [{ var: ['data.rank', 'none'] }, 'SGT'] },
      ['data.rank', ['SGT'], '=='],
    ],
    [
      'either of two of one path',
      { or: [{ '===': [rank, 'SGT'] }, { and: [true, { '==': [rank, 'CPL'] }] }] },
      ['data.rank', ['SGT', 'CPL'], '=='],
    ],
  ])('is %s', (_, condition, demand) => {
    expect(demands(condition)).toEqual([demand]);
  });

  it('is all of what stands within "and", however deep', () => {
    const inner: JsonValue = { and: [{ in: [unit, [1, 2]] }, { '>': [unit, 1] }] };
    expect(demands({ and: [{ '==': [rank, 'SGT'] }, inner] })).toEqual([
      ['data.rank', ['SGT'], '=='],
      ['data.unit', [1, 2], '==='],
    ]);
  });

  it.each<[string, JsonValue]>([
    ['no condition', null],
    ['a constant', true],
    ['a list', [{ '==': [rank, 'SGT'] }]],
    ['an object of two keys, which is no operation', { '==': [rank, 'SGT'], in: [rank, ['SGT']] }],
    ['a comparison with null, which what is missing equals', { '==': [rank, null] }],
    ['a list with null in it', { in: [rank, ['SGT', null]] }],
    ['a part of a text', { in: [rank, 'SGT CPL'] }],
    ['a list of the event', { in: ['SGT', { var: 'data.tags' }] }],
    ['two variables', { '==': [rank, unit] }],
    ['a list as the constant', { '==': [rank, ['SGT']] }],
    ['another operator', { '!=': [rank, 'SGT'] }],
    ['a negation', { '!': { '==': [rank, 'SGT'] } }],
    ['the whole context', { '==': [{ var: '' }, 'SGT'] }],
    ['a computed path', { '==': [{ var: { cat: ['data.', 'rank'] } }, 'SGT'] }],
    ['a fallback that is asked for', { '==': [{ var: ['data.rank', 'SGT'] }, 'SGT'] }],
    ['a fallback that equals it', { '==': [{ var: ['data.unit', '7'] }, 7] }],
    ['a fallback that is computed', { '==': [{ var: ['data.rank', { var: 'data.x' }] }, 'SGT'] }],
    ['either of two paths', { or: [{ '==': [rank, 'SGT'] }, { '==': [unit, 7] }] }],
    ['an equality or anything else', { or: [{ '==': [rank, 'SGT'] }, { '>': [unit, 7] }] }],
    ['a path of nine parts', { '==': [{ var: 'data.2.3.4.5.6.7.8.9' }, 'SGT'] }],
    ['a value that is made for each event', { '==': [{ var: 'now' }, 'SGT'] }],
    ['a value that is made for each rule', { '==': [{ var: 'delivery.id' }, 'SGT'] }],
  ])('is not known of %s', (_, condition) => {
    expect(demands(condition)).toEqual([]);
  });
});
