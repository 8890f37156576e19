import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type AddressGuard, literalAddress } from '../../address-guard.js';
import { type Found, NameNotResolvedError, NameResolver, type Resolve } from './name-resolver.js';

/** The target's host is, or resolves to, an address that must not be called. */
export class TargetForbiddenError extends Error {
  readonly code = 'target_forbidden';

  constructor(readonly host: string) {
    super(`The host ${host} may not be called from here: it is not on the public internet.`);
  }
}

/** The resolver did not answer in time. */
export class LookupTimeoutError extends Error {
  readonly code = 'lookup_timeout';
}

/** What names are looked up with. */
export interface LookupOptions {
  guard: AddressGuard;
  /** How long anybody waits for a name, in milliseconds. */
  timeoutMs: number;
  /** What this machine knows unless given. */
  resolve?: Resolve;
}

/** So many addresses of a name are dialled, IPv4 and IPv6 each; all of them are judged. */
const MAX_DIALLED = 4;

/**
 * Looks names up for connections: all addresses of a name are judged, and one forbidden address refuses the name. What
 * it gives is what must be dialled, since a second look-up could answer otherwise (DNS rebinding).
 */
export class GuardedLookup {
  private readonly waiting = new Map<string, Found[]>();
  private readonly resolve: Resolve;

  constructor(private readonly options: LookupOptions) {
    this.resolve = options.resolve ?? new NameResolver({ timeoutMs: options.timeoutMs }).resolve;
  }

  /** Whether the host is an IP address that must not be called. Names are not: only their addresses tell. */
  isForbiddenAddress(hostname: string): boolean {
    const address = literalAddress(hostname);
    return address !== undefined && !this.options.guard.isAllowed(address);
  }

  /** For `net.connect`, which asks it for names but never for literal addresses. */
  readonly lookup: LookupFunction = (hostname, { all }, callback) => {
    this.find(hostname, (error, addresses) => {
      const [first] = addresses;
      if (error || !first) return callback(error ?? notFound(), []);
      if (all) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };

  /**
   * The addresses of a host, name or literal address, that may be dialled, in the order in which they are to be tried.
   * Rejects with why it must not or cannot be called.
   */
  async addressesOf(hostname: string): Promise<string[]> {
    const literal = literalAddress(hostname);
    if (literal === undefined) return this.found(hostname);
    if (!this.options.guard.isAllowed(literal)) throw new TargetForbiddenError(hostname);
    return [literal];
  }

  private found(hostname: string): Promise<string[]> {
    return new Promise((resolve, reject) =>
      this.find(hostname, (error, addresses) =>
        error ? reject(error) : resolve(addresses.map(({ address }) => address)),
      ),
    );
  }

  private find(hostname: string, found: Found): void {
    this.ask(hostname, inTime(this.options.timeoutMs, this.judged(hostname, found)));
  }

  private judged(hostname: string, found: Found): Found {
    return (error, addresses) => {
      if (error || addresses.length === 0) return found(error ?? notFound(), []);
      const dialable = this.options.guard.dialable(hostname, addresses);
      return dialable.length > 0
        ? found(null, firstOfEachFamily(dialable))
        : found(new TargetForbiddenError(hostname), []);
    };
  }

  // One question at a time for each name, however many connections wait for it.
  private ask(hostname: string, found: Found): void {
    const others = this.waiting.get(hostname);
    if (others) {
      others.push(found);
      return;
    }
    const all = [found];
    this.waiting.set(hostname, all);
    this.resolve(hostname, (error, addresses) => {
      this.waiting.delete(hostname);
      for (const each of all) each(error, addresses);
    });
  }
}

function inTime(timeoutMs: number, found: Found): Found {
  let isOver = false;
  const finish: Found = (error, addresses) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    found(error, addresses);
  };
  const timer = setTimeout(() => finish(new LookupTimeoutError(), []), timeoutMs);
  return finish;
}

function firstOfEachFamily(addresses: LookupAddress[]): LookupAddress[] {
  if (addresses.length <= MAX_DIALLED) return addresses;
  const kept = [4, 6].flatMap((wanted) =>
    addresses.filter(({ family }) => family === wanted).slice(0, MAX_DIALLED),
  );
  return addresses.filter((address) => kept.includes(address));
}

function notFound(): NameNotResolvedError {
  return new NameNotResolvedError('ENOTFOUND');
}
