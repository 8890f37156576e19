import type { AutomationSettings } from '../automation.js';
import { placeChanges, revisionChanges } from './revision-diff.js';

const settings = (differences: Partial<AutomationSettings> = {}): AutomationSettings => ({
  name: 'Promotions',
  description: null,
  triggers: ['user.created'],
  condition: null,
  template: null,
  templateFormat: 'json-text',
  contentType: null,
  webhookId: 'w',
  priority: 0,
  enabled: true,
  ...differences,
});

describe('the changes between two revisions', () => {
  it('are none of the same', () => {
    expect(revisionChanges(settings(), settings())).toEqual([]);
  });

  it('name each field with what it was and is', () => {
    const changes = revisionChanges(settings(), settings({ triggers: ['*'], enabled: false }));
    expect(changes).toEqual([
      { field: 'triggers', from: ['user.created'], to: ['*'] },
      { field: 'enabled', from: true, to: false },
    ]);
  });

  it('show the lines of a template', () => {
    const [change] = revisionChanges(
      settings({ template: '{\n"a": 1\n}' }),
      settings({ template: '{\n"a": 2\n}' }),
    );
    expect(change?.lines).toBe('@@ -1,3 +1,3 @@\n {\n-"a": 1\n+"a": 2\n }');
  });

  it('to a deletion are all that was set', () => {
    const fields = revisionChanges(settings(), null).map(({ field, to }) => [field, to]);
    expect(fields).toEqual([
      ['name', null],
      ['triggers', null],
      ['templateFormat', null],
      ['webhookId', null],
      ['priority', null],
      ['enabled', null],
    ]);
  });
});

describe('the places of a condition that differ', () => {
  const rank = { var: 'data.rank' };

  it.each([
    [
      'a constant',
      { and: [{ '==': [rank, 'Captain'] }, true] },
      { and: [{ '==': [rank, 'Major'] }, true] },
      [{ path: 'condition.and[0].==[1]', from: 'Captain', to: 'Major' }],
    ],
    [
      'another operator',
      { '==': [rank, 1] },
      { '!=': [rank, 1] },
      [{ path: 'condition', from: { '==': [rank, 1] }, to: { '!=': [rank, 1] } }],
    ],
    [
      'a part more',
      { and: [true] },
      { and: [true, rank] },
      [{ path: 'condition.and[1]', to: rank }],
    ],
    [
      'a part less',
      { and: [true, false] },
      { and: [true] },
      [{ path: 'condition.and[1]', from: false }],
    ],
    ['no condition before', null, true, [{ path: 'condition', from: null, to: true }]],
    [
      'a field named like a method',
      { '==': [{ var: 'a' }, 1] },
      { '==': [{ var: 'toString' }, 1] },
      [{ path: 'condition.==[0].var', from: 'a', to: 'toString' }],
    ],
  ])('are those of %s', (_, from, to, expected) => {
    expect(placeChanges('condition', from, to)).toEqual(expected);
  });

  it('are a hundred at most', () => {
    const [from, to] = [1, 2].map((value) => ({
      in: [1, Array.from({ length: 500 }, () => value)],
    }));
    expect(placeChanges('condition', from ?? null, to ?? null)).toHaveLength(100);
  });
});
