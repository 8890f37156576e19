import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { literalAddress } from './address-guard.js';
import type { AddressGuard } from './address-guard.js';

/** The target's host is, or resolves to, an address that must not be called. */
export class TargetForbiddenError extends Error {
  readonly code = 'target_forbidden';

  constructor(readonly host: string) {
    super(`The host ${host} may not be called from here: it is not on the public internet.`);
  }
}

/** Resolves a name to all its addresses, in the order in which they are to be tried. */
export type Resolve = (
  hostname: string,
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** How connections are made. */
export interface ConnectorOptions {
  guard: AddressGuard;
  /** Limit for look-up, TCP and TLS together, in milliseconds. */
  connectTimeoutMs: number;
  /** The system's resolver unless given. */
  resolve?: Resolve;
}

/**
 * A connector for undici that dials no forbidden address. A name is resolved once, all its addresses are judged, and
 * one of these very addresses is dialled: a second look-up could answer otherwise (DNS rebinding).
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { guard, connectTimeoutMs, resolve = systemResolve } = options;
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    lookup: guardedLookup(guard, resolve),
  });
  return (target, callback) => {
    const address = literalAddress(target.hostname);
    // Node looks up no literal address, so the look-up below would never see it.
    if (address !== undefined && !guard.isAllowed(address)) {
      queueMicrotask(() => callback(new TargetForbiddenError(target.hostname), null));
      return;
    }
    connect(target, callback);
  };
}

function guardedLookup(guard: AddressGuard, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      const [first] = addresses;
      if (error || !first) return callback(error ?? notFound(), []);
      if (!addresses.every(({ address }) => guard.isAllowed(address))) {
        return callback(new TargetForbiddenError(hostname), []);
      }
      if (options.all) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

function systemResolve(hostname: string, done: Parameters<Resolve>[1]): void {
  lookup(hostname, { all: true }, (error, addresses) => done(error, addresses ?? []));
}

function notFound(): NodeJS.ErrnoException {
  return Object.assign(new Error('The name has no address.'), { code: 'ENOTFOUND' });
}
