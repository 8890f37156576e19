import type { Fault } from '../errors.js';

const MAX_LENGTH = 2048;

/** Faults of a target's URL: http or https, a host, no credentials, no fragment. Which addresses may be called is decided when connecting. */
export function checkTargetUrl(text: string): Fault[] {
  if (text.length > MAX_LENGTH)
    return fault('url_too_long', `is longer than ${MAX_LENGTH} characters`);
  if (!URL.canParse(text))
    return fault('invalid_url', 'is not a URL; write it in full: https://example.com/hook');
  if (/[\s\p{Cc}]/u.test(text))
    return fault('invalid_url', 'must not hold spaces or control characters');
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
  if (url.hash) return fault('url_has_fragment', 'must not hold a #fragment: it is never sent');
  return [];
}

function fault(code: string, message: string): Fault[] {
  return [{ path: 'url', code, message }];
}
