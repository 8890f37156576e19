import { checkEditedOrder, checkOrderingKey, editedOrder } from './ordering-key.js';

const faultsOf = (orderingKey: string | null) => checkOrderingKey({ ordered: true, orderingKey });

describe('checkOrderingKey', () => {
  it.each([
    null,
    'data.id',
    'actor.id',
    'data.user.team_id',
    'data.Straße.0',
    `data.${'x'.repeat(195)}`,
  ])('accepts %j', (path) => expect(faultsOf(path)).toEqual([]));

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
    expect(faultsOf(path)).toMatchObject([{ path: 'orderingKey', code: 'invalid_ordering_key' }]),
  );

  it('refuses more than 200 characters', () => {
    expect(faultsOf(`data.${'x'.repeat(196)}`)).toMatchObject([{ code: 'ordering_key_too_long' }]);
  });

  it('refuses one that would do nothing, and says what would', () => {
    const [fault] = checkOrderingKey({ ordered: false, orderingKey: 'data.id' });
    expect(fault).toMatchObject({ path: 'orderingKey', code: 'ordering_key_without_order' });
    expect(fault?.message).toContain('"ordered": true');
    expect(checkOrderingKey({ ordered: false, orderingKey: null })).toEqual([]);
  });
});

describe('checkEditedOrder', () => {
  const dormant = { ordered: false, orderingKey: 'data.id' };

  it.each([{}, { ordered: true }, { orderingKey: null }, { ordered: true, orderingKey: 'data.x' }])(
    'lets an edit of %j pass on a webhook that has a key without order',
    (patch) => expect(checkEditedOrder(patch, dormant)).toEqual([]),
  );

  it.each([{ orderingKey: 'data.x' }, { ordered: false, orderingKey: 'data.x' }])(
    'refuses %j there: it says what does nothing',
    (patch) =>
      expect(checkEditedOrder(patch, dormant)).toMatchObject([
        { code: 'ordering_key_without_order' },
      ]),
  );
});

describe('editedOrder', () => {
  it('forgets the key with the order, unless the edit names a key', () => {
    expect(editedOrder({ ordered: false })).toEqual({ ordered: false, orderingKey: null });
    const both = { ordered: false, orderingKey: 'data.id' };
    for (const patch of [{}, { ordered: true }, both]) expect(editedOrder(patch)).toEqual(patch);
  });
});
