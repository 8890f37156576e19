import type { Fault } from '../errors.js';

const maxHeaders = 32;
const maxHeaderBytes = 4096;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const latin1Text = /^[\t\x20-\x7e\x80-\xff]*$/;

const reservedNames = new Set([
  'signature',
  'content-type',
  'user-agent',
  'host',
  'content-length',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  '__proto__', // would vanish where headers are copied
]);
const reservedPrefixes = ['webhook-', 'proxy-'];

/** A part of a name tells a credential: Set-Cookie, X-Api-Key, X-Auth-Token, Private-Token, X-Amz-Security-Token. */
const secretName =
  /(?:^|[-_])(?:authorization|cookie2?|token|secret|password|passphrase|credentials?|(?:api|auth|access)[-_]?key)(?:[-_]|$)/;
const mask = '***';

/**
 * What is wrong with the custom headers of a webhook: more than 32, over 4 KiB, not sendable as they are,
 * or in the way of a header that Bugle or the connection sets. Empty when they are good.
 */
export function checkCustomHeaders(headers: Record<string, string>): Fault[] {
  const names = Object.keys(headers);
  const faults = Object.entries(headers).flatMap(([name, value]) => checkHeader(name, value));
  if (names.length > maxHeaders) faults.unshift(tooMany(names.length));
  return [...faults, ...checkDuplicates(names)];
}

/**
 * The headers as the log may show them: whatever has a name like a credential or a cookie, and the names in `extra`
 * (compared without regard to case), have `***` for a value.
 */
export function maskHeaders(
  headers: Record<string, string>,
  extra: readonly string[],
): Record<string, string> {
  const hidden = new Set(extra.map(lowerCase));
  const isSecret = (name: string): boolean => hidden.has(name) || secretName.test(name);
  const shown = Object.entries(headers);
  for (const header of shown) if (isSecret(header[0].toLowerCase())) header[1] = mask;
  return Object.fromEntries(shown);
}

/**
 * What an edit means that was made on masked headers: a value that came back as `***` stays what it is,
 * and one that somebody removed in between stays removed. Names are compared without regard to case.
 */
export function keepMasked(
  edited: Record<string, string>,
  stored: Record<string, string>,
): Record<string, string> {
  const values = byLowerName(stored);
  const kept = Object.entries(edited).map(([name, value]): [string, string | undefined] => [
    name,
    value === mask ? values.get(name.toLowerCase()) : value,
  ]);
  return Object.fromEntries(
    kept.filter((header): header is [string, string] => header[1] !== undefined),
  );
}

/** Faults of headers whose value is `***` though there is no stored value for it to stand for. */
export function checkMaskedValues(
  edited: Record<string, string>,
  stored: Record<string, string>,
): Fault[] {
  const values = byLowerName(stored);
  const message = `${mask} stands for a stored value, and this webhook has no such header. Give the value itself.`;
  return Object.entries(edited)
    .filter(([name, value]) => value === mask && !values.has(name.toLowerCase()))
    .map(([name]) => ({ path: pathOf(name), code: 'masked_value', message }));
}

function byLowerName(headers: Record<string, string>): Map<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Faults of an edit that would show a value which was stored as a secret: unmasking needs the value anew. */
export function checkUnmasking(
  edited: { headers?: Record<string, string>; maskedHeaders?: readonly string[] },
  stored: { headers: Record<string, string>; maskedHeaders: readonly string[] },
): Fault[] {
  const masked = new Set((edited.maskedHeaders ?? stored.maskedHeaders).map(lowerCase));
  const values = byLowerName(stored.headers);
  const given = byLowerName(edited.headers ?? {});
  return stored.maskedHeaders
    .map(lowerCase)
    .filter((name) => !masked.has(name) && values.has(name))
    .filter((name) => edited.headers === undefined || given.get(name) === mask)
    .map((name) => ({
      path: 'maskedHeaders',
      code: 'masked_value',
      message: `${name} was stored as a secret: to show it, give its value anew in headers.`,
    }));
}

function lowerCase(name: string): string {
  return name.toLowerCase();
}

function checkHeader(name: string, value: string): Fault[] {
  const path = pathOf(name);
  if (!token.test(name)) {
    const message = "A header name has only letters, digits and !#$%&'*+-.^_`|~.";
    return [{ path, code: 'invalid_header_name', message }];
  }
  if (isReserved(name.toLowerCase())) {
    const message = 'This name is reserved: Bugle or the connection sets it. Choose another.';
    return [{ path, code: 'reserved_header', message }];
  }
  if (name.length + value.length > maxHeaderBytes) {
    const message = `A header, name and value together, has at most ${maxHeaderBytes} bytes.`;
    return [{ path, code: 'header_too_long', message }];
  }
  if (!latin1Text.test(value)) {
    const message =
      'A header value has only Latin-1 characters: no line break, no NUL, no other control character.';
    return [{ path, code: 'invalid_header_value', message }];
  }
  return [];
}

function isReserved(name: string): boolean {
  return reservedNames.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix));
}

function checkDuplicates(names: readonly string[]): Fault[] {
  const seen = new Set<string>();
  return names.flatMap((name) => {
    const key = name.toLowerCase();
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    const message = 'This header is given twice; letter case makes no difference in header names.';
    return [{ path: pathOf(name), code: 'duplicate_header', message }];
  });
}

function tooMany(count: number): Fault {
  const message = `A webhook has at most ${maxHeaders} custom headers, not ${count}.`;
  return { path: 'headers', code: 'too_many_headers', message };
}

function pathOf(name: string): string {
  const shown = name.slice(0, 100);
  return token.test(shown) ? `headers.${shown}` : `headers[${JSON.stringify(shown)}]`;
}
