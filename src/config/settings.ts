import { z } from 'zod';
import {
  certificates,
  databaseUrl,
  decimal,
  masterKey,
  networkList,
  oneOf,
  redisUrls,
  secondsList,
  wholeNumber,
} from './accepted.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What a process does. */
export const ROLES = ['all', 'api', 'worker'] as const;

const emptyIsUnset = (value: unknown) => (value === '' ? undefined : value);
const optional = <S extends z.ZodType>(schema: S) => z.preprocess(emptyIsUnset, schema);

/** Every setting of Bugle: name in the environment, default, and what is accepted. `.env.example` explains each. */
export const SETTINGS = {
  HOST: optional(z.string().default('127.0.0.1')),
  PORT: optional(wholeNumber(3000, 0, 65535)),
  DATABASE_URL: optional(databaseUrl),
  REDIS_URL: optional(redisUrls),
  BUGLE_REDIS_MODE: optional(oneOf(['single', 'sentinel', 'cluster'])),
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
  BUGLE_ROLE: optional(oneOf(ROLES)),
  BUGLE_ALLOW_NETWORKS: optional(networkList),
  BUGLE_LOG_LEVEL: optional(
    oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
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
  BUGLE_RETRY_JITTER: optional(decimal(0.2, 0, 0.9)),
  BUGLE_BREAKER_FAILURES: optional(wholeNumber(10, 0, 1000)),
  BUGLE_BREAKER_HOLD_MS: optional(wholeNumber(30_000, 100, 3_600_000)),
  BUGLE_DISABLE_AFTER_HOURS: optional(decimal(120, 0, 8760)),
  BUGLE_IN_FLIGHT_PER_WEBHOOK: optional(wholeNumber(32, 1, 1000)),
  BUGLE_IN_FLIGHT: optional(wholeNumber(256, 1, 10_000)),
  BUGLE_LEASE_MS: optional(wholeNumber(60_000, 500, 600_000)),
  BUGLE_SWEEP_INTERVAL_MS: optional(wholeNumber(1_000, 10, 60_000)),
  BUGLE_RETENTION_DAYS: optional(wholeNumber(30, 1, 3650)),
  BUGLE_SECRET_GRACE_HOURS: optional(wholeNumber(24, 0, 24 * 30)),
  BUGLE_SHUTDOWN_GRACE_MS: optional(wholeNumber(10_000, 0, 120_000)),
};

/** The parsed settings, named as in the environment, frozen. */
export type Config = Readonly<z.output<z.ZodObject<typeof SETTINGS>>>;

/** The settings that bound input and work (design: defaults and limits). */
export type Limits = Pick<Config, Extract<keyof Config, `BUGLE_MAX_${string}`>>;
