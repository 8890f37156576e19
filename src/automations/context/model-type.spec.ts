import { modelTypeOf } from './model-type.js';

describe('modelTypeOf', () => {
  it.each([
    ['user.created', 'user'],
    ['crm.user.created', 'crm.user'],
    ['created', 'created'],
    ['user.', 'user'],
    ['', ''],
  ])('of %j is %j', (eventType, modelType) => {
    expect(modelTypeOf(eventType)).toBe(modelType);
  });
});
