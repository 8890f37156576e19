import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { isNetwork } from '../address-guard.js';
import { nearestName } from '../nearest-name.js';
import { StartupError } from '../startup-error.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What a process does. */
export const ROLES = ['all', 'api', 'worker'] as const;

const wholeNumber = (initial: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\s*\d+\s*$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .prefault(String(initial));

const secondsList = z
  .string()
  .default('5,30,120,600,1800,7200,21600,43200,86400')
  .transform((text) => text.split(',').map((part) => Number(part.trim())))
  .refine(
    (list) => list.every((seconds) => seconds >= 0.001 && seconds <= 604800),
    'expected seconds separated by commas, each from 0.001 to 604800 (a week): 5,30,120',
  );

const networkList = z
  .string()
  .transform((text) => (text === 'none' ? [] : text.split(',').map((part) => part.trim())))
  .refine(
    (list) => list.every(isNetwork),
    'expected networks separated by commas, or none: 10.0.0.0/8,::1/128',
  )
  .optional();

/** Several addresses with commas between them are the nodes of a cluster, or the sentinels. */
const redisUrls = z
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
const certificates = z
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
const databaseUrl = z
  .url({ protocol: /^postgres(ql)?$/, hostname: /^[^%]/, error: DATABASE_EXPECTED })
  // pg takes a % that escapes nothing for itself.
  .refine((url) => canBeDecoded(url.replace(/%(?=[\da-f]?[^\da-f])/gi, '%25')), DATABASE_EXPECTED)
  .optional();

const masterKey = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((key) => key.length === 32, 'expected 32 bytes in base64: openssl rand -base64 32')
  .optional();

const emptyIsUnset = (value: unknown) => (value === '' ? undefined : value);
const optional = <S extends z.ZodType>(schema: S) => z.preprocess(emptyIsUnset, schema);

/** Every setting of Bugle: name in the environment, default, and what is accepted. `.env.example` explains each. */
export const SETTINGS = {
  HOST: optional(z.string().default('127.0.0.1')),
  PORT: optional(wholeNumber(3000, 0, 65535)),
  DATABASE_URL: optional(databaseUrl),
  REDIS_URL: optional(redisUrls),
  BUGLE_REDIS_MODE: optional(z.enum(['single', 'sentinel', 'cluster']).default('single')),
  BUGLE_REDIS_SENTINEL_NAME: optional(z.string().default('mymaster')),
  BUGLE_REDIS_CA_FILE: optional(certificates),
  BUGLE_DATA_DIR: optional(z.string().default('.bugle')),
  BUGLE_ADMIN_KEY: optional(
    z
      .string()
      .regex(/^[\x21-\x7e]{24,200}$/, 'expected 24 to 200 printable characters')
      .optional(),
  ),
  BUGLE_MASTER_KEY: optional(masterKey),
  BUGLE_ROLE: optional(z.enum(ROLES, 'expected all, api or worker').default('all')),
  BUGLE_ALLOW_NETWORKS: optional(networkList),
  BUGLE_LOG_LEVEL: optional(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  ),
  BUGLE_SCHEMA: optional(
    z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'expected a lower-case SQL name')
      .default('bugle'),
  ),
  BUGLE_DATABASE_POOL_SIZE: optional(wholeNumber(10, 2, 200)),
  BUGLE_START_WAIT_MS: optional(wholeNumber(60_000, 0, 3_600_000)),
  BUGLE_MAX_EVENT_BYTES: optional(wholeNumber(256 * KIB, KIB, 16 * MIB)),
  BUGLE_MAX_BATCH_EVENTS: optional(wholeNumber(1000, 1, 10_000)),
  BUGLE_MAX_BATCH_BYTES: optional(wholeNumber(5 * MIB, KIB, 64 * MIB)),
  BUGLE_MAX_TEMPLATE_BYTES: optional(wholeNumber(32 * KIB, 100, 256 * KIB)),
  // The largest event in the default payload, which wraps it, still fits.
  BUGLE_MAX_BODY_BYTES: optional(wholeNumber(272 * KIB, KIB, 32 * MIB)),
  BUGLE_MAX_CONDITION_BYTES: optional(wholeNumber(16 * KIB, 100, 256 * KIB)),
  BUGLE_MAX_AUTOMATIONS: optional(wholeNumber(10_000, 1, 1_000_000)),
  BUGLE_MAX_WEBHOOKS: optional(wholeNumber(1_000, 1, 100_000)),
  BUGLE_EVALUATION_THREADS: optional(wholeNumber(0, 0, 64)),
  BUGLE_EVALUATION_TIMEOUT_MS: optional(wholeNumber(1_000, 50, 60_000)),
  BUGLE_EVALUATION_MEMORY_MB: optional(wholeNumber(64, 32, 1024)),
  BUGLE_EVALUATION_STRIKES: optional(wholeNumber(3, 1, 1000)),
  BUGLE_EGRESS_PROXY: optional(
    z.url({ protocol: /^https?$/, error: 'expected http://host:port' }).optional(),
  ),
  BUGLE_ATTEMPT_TIMEOUT_MS: optional(wholeNumber(15_000, 100, 120_000)),
  BUGLE_CONNECT_TIMEOUT_MS: optional(wholeNumber(5_000, 100, 60_000)),
  BUGLE_RESPONSE_READ_BYTES: optional(wholeNumber(64 * KIB, KIB, MIB)),
  BUGLE_RESPONSE_KEEP_BYTES: optional(wholeNumber(16 * KIB, 0, MIB)),
  BUGLE_RETRY_SCHEDULE: optional(secondsList),
  BUGLE_RETRY_JITTER: optional(z.coerce.number('expected a number').min(0).max(0.9).default(0.2)),
  BUGLE_BREAKER_FAILURES: optional(wholeNumber(10, 0, 1000)),
  BUGLE_BREAKER_HOLD_MS: optional(wholeNumber(30_000, 100, 3_600_000)),
  BUGLE_DISABLE_AFTER_HOURS: optional(
    z.coerce.number('expected a number').min(0).max(8760).default(120),
  ),
  BUGLE_IN_FLIGHT_PER_WEBHOOK: optional(wholeNumber(32, 1, 1000)),
  BUGLE_IN_FLIGHT: optional(wholeNumber(256, 1, 10_000)),
  BUGLE_LEASE_MS: optional(wholeNumber(60_000, 500, 600_000)),
  BUGLE_SWEEP_INTERVAL_MS: optional(wholeNumber(1_000, 10, 60_000)),
  BUGLE_RETENTION_DAYS: optional(wholeNumber(30, 1, 3650)),
  BUGLE_SECRET_GRACE_HOURS: optional(wholeNumber(24, 0, 24 * 30)),
  BUGLE_SHUTDOWN_GRACE_MS: optional(wholeNumber(10_000, 0, 120_000)),
};

const schema = z.object(SETTINGS);

/** The parsed settings, named as in the environment, frozen. */
export type Config = Readonly<z.output<typeof schema>>;

/** The settings that bound input and work (design: defaults and limits). */
export type Limits = Pick<Config, Extract<keyof Config, `BUGLE_MAX_${string}`>>;

/**
 * Parses the environment, with `.env` beneath it. The only reader of process.env.
 * @throws StartupError naming the first setting that is wrong.
 */
export function loadConfig(
  environment: NodeJS.ProcessEnv = process.env,
  envFile = '.env',
  overrides: { BUGLE_ROLE?: string } = {},
): Config {
  const values = { ...readEnvFile(envFile), ...environment, ...overrides };
  refuseUnknownSettings(values);
  const parsed = schema.safeParse(values);
  if (!parsed.success) throw settingError(parsed.error);
  refuseContradictions(parsed.data);
  return Object.freeze(parsed.data);
}

function refuseContradictions(config: Config): void {
  const { REDIS_URL: redis = [], BUGLE_REDIS_MODE: mode } = config;
  if (config.DATABASE_URL && !config.BUGLE_MASTER_KEY) {
    throw new StartupError(
      'BUGLE_MASTER_KEY',
      'is required together with DATABASE_URL: 32 bytes in base64, made with `openssl rand -base64 32`',
    );
  }
  if (redis.length > 1 && mode === 'single') {
    throw new StartupError(
      'REDIS_URL',
      'names several addresses; say what they are with BUGLE_REDIS_MODE=sentinel or cluster',
    );
  }
  if (config.BUGLE_REDIS_CA_FILE && redis.some((url) => !/^rediss:/i.test(url))) {
    throw new StartupError(
      'BUGLE_REDIS_CA_FILE',
      'is for TLS, and REDIS_URL asks for plain text: write rediss:// there, or leave this setting empty',
    );
  }
}

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

function readEnvFile(path: string): NodeJS.Dict<string> {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {};
}

/** A misspelt BUGLE_ setting would otherwise be ignored in silence. */
function refuseUnknownSettings(values: NodeJS.Dict<string>): void {
  const known = Object.keys(SETTINGS);
  for (const name of Object.keys(values)) {
    if (!name.startsWith('BUGLE_') || known.includes(name) || name.startsWith('BUGLE_TEST_'))
      continue;
    const near = nearestName(name, known);
    throw new StartupError(
      name,
      `is not a setting of Bugle${near ? `; did you mean ${near}?` : ''}`,
    );
  }
}

function settingError(error: z.ZodError): StartupError {
  const issue = error.issues[0];
  return new StartupError(String(issue?.path[0] ?? ''), issue ? reasonOf(issue) : 'is not valid');
}

function reasonOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small') return `must be ${issue.minimum} or more`;
  if (issue.code === 'too_big') return `must be ${issue.maximum} or less`;
  return `is not valid: ${issue.message}`;
}
