import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { nearestName } from '../nearest-name.js';
import { StartupError } from '../startup-error.js';
import { type Config, SETTINGS } from './settings.js';

const schema = z.object(SETTINGS);

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
