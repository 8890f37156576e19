import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Config, keepAdminKey } from '../config/index.js';
import { reasonOf, StartupError } from '../startup-error.js';
import { FirstStartService } from '../workspaces/index.js';
import { isAway } from './patiently.js';

/** The admin key that a start has made; in embedded mode also the file that keeps it. */
export interface AdminKey {
  key: string;
  file?: string;
}

/**
 * Makes the home workspace and its admin key, `newKey` where none is given, when the database is new.
 * @throws StartupError when the database went away meanwhile
 */
export async function firstStart(
  app: NestFastifyApplication,
  config: Config,
  newKey: string,
): Promise<AdminKey | undefined> {
  let file: string | undefined;
  let isInDoubt = false;
  const keep = (key: string) => {
    if (config.DATABASE_URL === undefined) file = keepAdminKey(config.BUGLE_DATA_DIR, key);
    else isInDoubt = key === newKey;
  };
  try {
    const key = await app.get(FirstStartService).prepare(newKey, keep);
    return key === undefined ? undefined : { key, file };
  } catch (error) {
    throw isInDoubt && isAway(error) ? keyInDoubt(error) : error;
  }
}

/** The key may be stored, and nobody has seen it: the next try shows it, if there is one. */
function keyInDoubt(error: unknown): StartupError {
  const message = `names a database that went away while the first admin key was stored: ${reasonOf(error)}. Should the next start show no key, set BUGLE_ADMIN_KEY to one of your own, which is added`;
  return new StartupError('DATABASE_URL', message, { cause: error });
}
