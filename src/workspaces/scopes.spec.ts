import * as fc from 'fast-check';
import { allows, requireScopes, type Scope, SCOPES } from './scopes.js';

const scopes = fc.subarray([...SCOPES]);

const isGranted = (granted: readonly Scope[], needed: readonly Scope[]): boolean => {
  try {
    requireScopes(granted, needed);
    return true;
  } catch {
    return false;
  }
};

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

it('all of the needed scopes open, or admin does', () => {
  fc.assert(
    fc.property(scopes, scopes, (granted, needed) => {
      const isEnough =
        granted.includes('admin') || needed.every((scope) => granted.includes(scope));
      expect(isGranted(granted, needed)).toBe(isEnough);
    }),
  );
});

it('whoever lacks scopes is told which, and what for', () => {
  expect(() => requireScopes(['redeliver'], ['read:logs', 'manage:automations'])).toThrow(
    'This key may not do that: it needs the scopes read:logs and manage:automations.',
  );
  expect(() => requireScopes([], ['read:logs'], 'preview a stored event')).toThrow(
    'This key may not preview a stored event: it needs the scope read:logs.',
  );
});
