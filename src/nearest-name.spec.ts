import * as fc from 'fast-check';
import { nearestName } from './nearest-name.js';

const NAMES = ['user.created', 'user.updated', 'user.deleted', 'rankrecord.created'];
const OPERATORS = ['>=', '!=', '==', '===', 'and', 'or', '!', '<', 'cat'];

describe('nearestName', () => {
  it.each([
    ['user.craeted', 'user.created'],
    ['users.updated', 'user.updated'],
    ['USER.DELETED', 'user.deleted'],
    ['rank_record.created', 'rankrecord.created'],
  ])('finds %s to be %s', (typed, meant) => {
    expect(nearestName(typed, NAMES)).toBe(meant);
  });

  it.each([
    ['=', '=='],
    ['AND', 'and'],
    ['&', undefined],
    ['log', undefined],
    ['x', undefined],
    ['nto', undefined],
    ['adn', 'and'],
    ['ro', 'or'],
  ])('keeps to what is sensible for short names: %s', (typed, meant) => {
    expect(nearestName(typed, OPERATORS)).toBe(meant);
  });

  it('offers nothing for a name that is far from all, empty, or far too long', () => {
    expect(nearestName('invoice.paid', NAMES)).toBeUndefined();
    expect(nearestName('', NAMES)).toBeUndefined();
    expect(nearestName('user.created'.repeat(100), NAMES)).toBeUndefined();
    expect(nearestName('user.created', [])).toBeUndefined();
  });

  it('does not look at names that are far too long, or longer or shorter by more than a third', () => {
    const long = 'n'.repeat(100);
    expect(nearestName('n'.repeat(99), [long])).toBe(long);
    expect(nearestName('n'.repeat(99), [`${long}n`])).toBeUndefined();
    expect(nearestName('n'.repeat(66), ['n'.repeat(99)])).toBe('n'.repeat(99));
    expect(nearestName('n'.repeat(65), ['n'.repeat(99)])).toBeUndefined();
  });

  it('finds a known name itself, and one with a single character left out', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.nat(11), (name, at) => {
        expect(nearestName(name, NAMES)).toBe(name);
        expect(nearestName(name.slice(0, at) + name.slice(at + 1), NAMES)).toBe(name);
      }),
    );
  });
});
