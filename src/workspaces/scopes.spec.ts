import * as fc from 'fast-check';
import { allows, SCOPES } from './scopes.js';

const scopes = fc.subarray([...SCOPES]);

it('any one of the accepted scopes opens, and admin opens everything', () => {
  fc.assert(
    fc.property(scopes, scopes, (granted, accepted) => {
      const shared = granted.filter((scope) => accepted.includes(scope));
      expect(allows(granted, accepted)).toBe(granted.includes('admin') || shared.length > 0);
    }),
  );
});

it('no scope opens nothing', () => {
  fc.assert(fc.property(scopes, (accepted) => expect(allows([], accepted)).toBe(false)));
});
