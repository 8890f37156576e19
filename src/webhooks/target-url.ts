import { AddressGuard, isLocalhost, literalAddress } from '../address-guard.js';
import type { Fault } from '../errors.js';

const MAX_LENGTH = 2048;
const LOOPBACK = [{ address: '127.0.0.1' }, { address: '::1' }];

/**
 * Faults of a target's URL: http or https, a host, no credentials, no fragment, no port 0, at most 2048 characters as it
 * is sent. Whether it may be called is another question: see `checkTargetAddress`.
 */
export function checkTargetUrl(text: string): Fault[] {
  if (text.length > MAX_LENGTH) return tooLong();
  if (!URL.canParse(text)) return fault('invalid_url', whyNoUrl(text));
  if (/[\s\p{Cc}]/u.test(text))
    return fault('invalid_url', 'must not hold spaces or control characters');
  if (text.includes('\\')) return fault('invalid_url', 'must not hold a backslash: write /');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return fault('invalid_url_scheme', 'must begin with https:// or http://');
  }
  if (url.username || url.password) {
    return fault(
      'url_has_credentials',
      'must not hold a user name or password: use the header authorization',
    );
  }
  if (url.hash || text.endsWith('#'))
    return fault('url_has_fragment', 'must not hold a #fragment: it is never sent');
  if (url.port === '0')
    return fault('invalid_url', 'must not name the port 0: a port is 1 to 65535');
  // What is not ASCII grows when it is encoded.
  return url.href.length > MAX_LENGTH ? tooLong() : [];
}

/**
 * The fault of a URL whose host is an address that no request will go to, in whatever spelling, so that nobody waits for
 * deliveries that cannot come. What a name resolves to may change: that is judged when connecting.
 * @param allowed Networks (CIDR) beside the public internet: `BUGLE_ALLOW_NETWORKS`.
 */
export function checkTargetAddress(text: string, allowed: readonly string[] = []): Fault[] {
  const guard = new AddressGuard(allowed);
  const hostname = URL.canParse(text) ? new URL(text).hostname : '';
  const places = placesOf(hostname);
  const [first] = places;
  if (!first || guard.dialable(hostname, places).length > 0) return [];
  return fault(
    'target_forbidden',
    `is at ${first.address}, which is not on the public internet, so it may not be called from here; ` +
      'whoever runs this installation can allow its network with BUGLE_ALLOW_NETWORKS',
  );
}

/** Where a host is, as far as that is known without asking anybody. */
function placesOf(hostname: string): { address: string }[] {
  if (isLocalhost(hostname)) return LOOPBACK;
  const address = literalAddress(hostname);
  return address === undefined ? [] : [{ address }];
}

function whyNoUrl(text: string): string {
  const [port = ''] = /:\d+(?=[/?#]|$)/.exec(text) ?? [];
  return port && URL.canParse(text.replace(port, ''))
    ? `names the port ${port.slice(1)}, which is out of range: a port is 1 to 65535`
    : 'is not a URL; write it in full: https://example.com/hook';
}

function tooLong(): Fault[] {
  return fault('url_too_long', `is longer than ${MAX_LENGTH} characters`);
}

function fault(code: string, message: string): Fault[] {
  return [{ path: 'url', code, message }];
}
