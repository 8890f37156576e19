import { buildConnector } from 'undici';
import { TargetForbiddenError } from './guarded-lookup.js';
import type { GuardedLookup } from './guarded-lookup.js';

/**
 * A connector for undici that dials no forbidden address: a literal one is judged here, those of a name where it is
 * looked up, once for each connection.
 */
export function guardedConnector(
  names: GuardedLookup,
  connectTimeoutMs: number,
): buildConnector.connector {
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup: names.lookup });
  return (target, callback) => {
    const { hostname } = target;
    // Node looks up no literal address, so the look-up would never see it.
    if (names.isForbiddenAddress(hostname)) {
      queueMicrotask(() => callback(new TargetForbiddenError(hostname), null));
      return;
    }
    connect(target, callback);
  };
}
