import type { Fault } from '../errors.js';

const MAX_LENGTH = 2048;

/**
 * Faults of a target's URL: http or https, a host, no credentials, no fragment, no port 0, at most 2048 characters as it
 * is sent. Which addresses may be called is decided when connecting.
 */
export function checkTargetUrl(text: string): Fault[] {
  if (text.length > MAX_LENGTH) return tooLong();
  if (!URL.canParse(text))
    return fault('invalid_url', 'is not a URL; write it in full: https://example.com/hook');
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
    return fault('invalid_url', 'must not name the port 0: nothing listens there');
  // What is not ASCII grows when it is encoded.
  return url.href.length > MAX_LENGTH ? tooLong() : [];
}

function tooLong(): Fault[] {
  return fault('url_too_long', `is longer than ${MAX_LENGTH} characters`);
}

function fault(code: string, message: string): Fault[] {
  return [{ path: 'url', code, message }];
}
