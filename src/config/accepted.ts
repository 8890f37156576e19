import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isNetwork } from '../address-guard.js';

const WHOLE_NUMBER = 'expected a whole number';

/** Text that is a whole number from `min` to `max`; `initial` where nothing is said. */
export const wholeNumber = (initial: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\s*\d+\s*$/, WHOLE_NUMBER)
    .transform(Number)
    .pipe(z.number(WHOLE_NUMBER).min(min).max(max))
    .prefault(String(initial));

/** The same, with a fraction. */
export const decimal = (initial: number, min: number, max: number) =>
  z.coerce.number('expected a number').min(min).max(max).default(initial);

/** One of these words; the first where nothing is said, or `initial`. */
export const oneOf = <const Words extends readonly [string, string, ...string[]]>(
  words: Words,
  initial: Words[number] = words[0],
) => {
  const said = `expected ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  return z.enum(words, said).default(initial);
};

/** Seconds, separated by commas. */
export const secondsList = z
  .string()
  .default('5,30,120,600,1800,7200,21600,43200,86400')
  .transform((text) => text.split(',').map((part) => Number(part.trim())))
  .refine(
    (list) => list.every((seconds) => seconds >= 0.001 && seconds <= 604800),
    'expected seconds separated by commas, each from 0.001 to 604800 (a week): 5,30,120',
  );

/** Networks (CIDR), separated by commas. */
export const networkList = z
  .string()
  .transform((text) => (text === 'none' ? [] : text.split(',').map((part) => part.trim())))
  .refine(
    (list) => list.every(isNetwork),
    'expected networks separated by commas, or none: 10.0.0.0/8,::1/128',
  )
  .optional();

/** Several addresses with commas between them are the nodes of a cluster, or the sentinels. */
export const redisUrls = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine((urls) => urls.every(isRedisUrl), {
    error:
      'expected redis://:password@host:6379, or rediss:// for TLS, several with commas between them; in a password / ? # % , @ : have to be percent-encoded (/ is %2F)',
    // What comes next would fail at what is no URL, and show it.
    abort: true,
  })
  .refine(
    (urls) => new Set(urls.map((url) => new URL(url).protocol)).size === 1,
    'expected redis:// everywhere, or rediss:// (TLS) everywhere',
  )
  .optional();

/** Read at the start, so that a file that is not there is told then. */
export const certificates = z
  .string()
  .transform((path, context) => {
    const pem = readCertificates(path);
    if (pem === undefined)
      context.addIssue('expected the path of a file of certificates in PEM format');
    return pem;
  })
  .optional();

const DATABASE_EXPECTED =
  'expected postgres://user:password@host:5432/database, with %-escapes (of UTF-8) for special characters; for a socket postgres://user@localhost/database?host=/var/run/postgresql';

/** pg takes a folder as `host`, but no URL without a host before it; a port beyond 65535 is no URL either. */
export const databaseUrl = z
  .url({ protocol: /^postgres(ql)?$/, hostname: /^[^%]/, error: DATABASE_EXPECTED })
  // pg takes a % that escapes nothing for itself.
  .refine((url) => canBeDecoded(url.replace(/%(?=[\da-f]?[^\da-f])/gi, '%25')), DATABASE_EXPECTED)
  .optional();

/** 32 bytes in base64. */
export const masterKey = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((key) => key.length === 32, 'expected 32 bytes in base64: openssl rand -base64 32')
  .optional();

/** After an unescaped / ? or # of a password its rest, and the address, would be taken for a path. */
function isRedisUrl(text: string): boolean {
  if (!/^rediss?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password, pathname, search, hash } = new URL(text);
  const path = `${pathname}${search}${hash}`;
  return !path.includes('@') && canBeDecoded(`${username}:${password}`);
}

/** Not so a lone %, nor escapes of Latin-1. */
function canBeDecoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function readCertificates(path: string): string | undefined {
  try {
    const pem = readFileSync(path, 'utf8');
    // Throws unless it begins with a certificate.
    void new X509Certificate(pem);
    return pem;
  } catch {
    return undefined;
  }
}
