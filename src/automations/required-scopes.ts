import { BugleError } from '../errors.js';
import { allows, type Scope } from '../workspaces/index.js';

/** For what shows rules and stored events at once: all of the scopes are needed. @throws BugleError 403 `missing_scope` */
export function requireScopes(granted: readonly Scope[], needed: readonly Scope[]): void {
  if (needed.every((scope) => allows(granted, [scope]))) return;
  throw new BugleError(
    403,
    'missing_scope',
    `This key may not do that: it needs the scopes ${needed.join(' and ')}.`,
  );
}
