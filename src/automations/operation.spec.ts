import { operationOf } from './operation.js';

describe('operationOf', () => {
  it('takes an object with one key for an operator with its arguments', () => {
    expect(operationOf({ '==': [1, 2] })).toEqual({ name: '==', args: [1, 2], isShort: false });
    expect(operationOf({ and: [] })).toEqual({ name: 'and', args: [], isShort: false });
  });

  it('takes what is no list for the only argument', () => {
    expect(operationOf({ '!': { var: 'data' } })).toEqual({
      name: '!',
      args: [{ var: 'data' }],
      isShort: true,
    });
    expect(operationOf({ changed: null })).toEqual({
      name: 'changed',
      args: [null],
      isShort: true,
    });
  });

  it('reads an operator of any name as the library does', () => {
    expect(operationOf(JSON.parse('{"__proto__": 1}'))?.name).toBe('__proto__');
    expect(operationOf({ '': 1 })?.name).toBe('');
  });

  it.each([null, true, 5, 'and', [], [{ and: [] }], {}, { and: [], or: [] }])(
    'finds none in %j',
    (rule) => expect(operationOf(rule)).toBeUndefined(),
  );
});
