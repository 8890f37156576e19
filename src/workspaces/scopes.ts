import { BugleError } from '../errors.js';

/** What an API key may do. `admin` includes all others. */
export const SCOPES = [
  'manage:webhooks',
  'manage:automations',
  'publish:events',
  'read:logs',
  'redeliver',
  'read:metrics',
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];

/** Whether somebody who was given `granted` may do what needs any one of `accepted`. */
export function allows(granted: readonly Scope[], accepted: readonly Scope[]): boolean {
  return granted.includes('admin') || accepted.some((scope) => granted.includes(scope));
}

/**
 * For what needs all of some scopes, where a route asks for any one of them.
 * @param what what needs them, as it reads after "This key may not"
 * @throws BugleError 403 `missing_scope`
 */
export function requireScopes(
  granted: readonly Scope[],
  needed: readonly Scope[],
  what = 'do that',
): void {
  if (needed.every((scope) => allows(granted, [scope]))) return;
  const names = `${needed.length > 1 ? 'scopes' : 'scope'} ${needed.join(' and ')}`;
  throw new BugleError(403, 'missing_scope', `This key may not ${what}: it needs the ${names}.`);
}
