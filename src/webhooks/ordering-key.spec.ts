import { checkOrderingKey } from './ordering-key.js';

describe('checkOrderingKey', () => {
  it.each([
    null,
    'data.id',
    'actor.id',
    'data.user.team_id',
    'data.Straße.0',
    `data.${'x'.repeat(195)}`,
  ])('accepts %j', (path) => expect(checkOrderingKey(path)).toEqual([]));

  it.each([
    '',
    'id',
    'data',
    'data.',
    '.id',
    'data..id',
    'event.id',
    'data id',
    'data.a b',
    'data.\n',
    'dataid.x',
  ])('refuses %j, which names no field of an event', (path) =>
    expect(checkOrderingKey(path)).toMatchObject([
      { path: 'orderingKey', code: 'invalid_ordering_key' },
    ]),
  );

  it('refuses more than 200 characters', () => {
    expect(checkOrderingKey(`data.${'x'.repeat(196)}`)).toMatchObject([
      { code: 'ordering_key_too_long' },
    ]);
  });
});
