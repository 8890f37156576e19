import type { Field } from './field.js';
import { nearestField, Searches, unknownField } from './unknown-field.js';

const object = (open: boolean, ...names: string[]): Field => ({
  type: 'object',
  fields: Object.fromEntries(names.map((name) => [name, { type: 'any', open: true }])),
  open,
});

describe('unknownField', () => {
  it.each([
    ['nmae', { near: 'name' }],
    ['Name', { near: 'name' }],
    ['rank', {}],
    ['constructor', {}],
    ['name', undefined],
  ])('of an object that has no others: %s', (name, found) => {
    expect(unknownField(object(false, 'name', 'created_at'), name, new Searches())).toEqual(found);
  });

  it.each([
    ['callsing', 'callsign'],
    ['callsgn', 'callsign'],
    ['Callsign', 'callsign'],
    ['adress_line1', 'address_line1'],
    ['creatd_at', 'created_at'],
    ['updated_at', undefined],
    ['address_line2', undefined],
    ['ip', undefined],
    ['uid', undefined],
    ['unit_id', undefined],
    ['own_field', undefined],
  ])('of an object that may have others only tells slips: %s', (name, near) => {
    const open = object(true, 'id', 'callsign', 'address_line1', 'created_at', 'user_id');
    expect(unknownField(open, name, new Searches())).toEqual(near && { near });
  });

  it('says nothing of what is not known', () => {
    expect(unknownField({ type: 'any', open: true }, 'x', new Searches())).toBeUndefined();
    expect(unknownField({ type: 'list', open: true }, '0', new Searches())).toBeUndefined();
    expect(unknownField({ type: 'text', open: false }, 'x', new Searches())).toEqual({});
  });

  it('looks for what was meant only so often, and still says what does not exist', () => {
    const searches = new Searches();
    const closed = object(false, 'name');
    const found = Array.from({ length: 500 }, () => unknownField(closed, 'nmae', searches));
    expect(found.filter((unknown) => unknown?.near === 'name')).toHaveLength(1500 / 4);
    expect(found.at(-1)).toEqual({});
    expect(unknownField(object(true, 'callsign'), 'callsgn', searches)).toBeUndefined();
  });
});

describe('nearestField', () => {
  it('takes two letters in the wrong order for one mistake', () => {
    expect(nearestField(['game', 'name'], 'nmae')).toBe('name');
    expect(nearestField(['name'], 'eman')).toBeUndefined();
    expect(nearestField(['ab'], 'ba')).toBe('ab');
    expect(nearestField([], 'x')).toBeUndefined();
  });
});
