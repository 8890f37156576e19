import { within, withinTemplate } from './fault-path.js';

const fault = (path: string) => ({ path, code: 'c', message: 'm', line: 2 });

describe('the path of a fault', () => {
  it.each([
    ['', 'condition'],
    ['and[0].=', 'condition.and[0].='],
    ['[0]', 'condition[0]'],
  ])('%j within a condition is %s', (path, outer) => {
    expect(within('condition', fault(path))).toEqual(fault(outer));
  });

  it.each([
    ['', 'template'],
    ['contentType', 'contentType'],
  ])('%j of a template is %s', (path, outer) => {
    expect(withinTemplate(fault(path))).toEqual(fault(outer));
  });
});
