import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Config, keepAdminKey } from '../config/index.js';
import { reasonOf, StartupError } from '../startup-error.js';
import { FirstStartService } from '../workspaces/index.js';
import { isAway } from './patiently.js';
import { unlessTold } from './unless-told.js';

/** The admin key that a start has made; in embedded mode also the file that keeps it. */
export interface AdminKey {
  key: string;
  file?: string;
}

/** What a first start needs to know. */
export interface FirstStart {
  config: Config;
  /** The admin key where none is given. */
  newKey: string;
  /** Aborted when the process is told to stop: it waits for no other process. */
  told: AbortSignal;
  /** Aborted for the same reason when it waits for nothing any more. */
  late: AbortSignal;
}

/**
 * Makes the home workspace and its admin key when the database is new.
 * @throws StartupError when it is not known whether the key was stored, or the reason of `told`
 */
export async function firstStart(
  app: NestFastifyApplication,
  { config, newKey, told, late }: FirstStart,
): Promise<AdminKey | undefined> {
  let file: string | undefined;
  let isInDoubt = false;
  const keep = (key: string) => {
    // What is stored when nobody waits any more, nobody would see.
    late.throwIfAborted();
    if (config.DATABASE_URL === undefined) file = keepAdminKey(config.BUGLE_DATA_DIR, key);
    else isInDoubt = key === newKey;
  };
  try {
    const preparing = app.get(FirstStartService).prepare(newKey, keep, told);
    const key = await unlessTold(late, preparing);
    return key === undefined ? undefined : { key, file };
  } catch (error) {
    if (!isInDoubt) throw error;
    if (late.aborted) throw keyInDoubt('did not answer in time', error);
    throw isAway(error) ? keyInDoubt(`went away: ${reasonOf(error)}`, error) : error;
  }
}

/** The key may be stored, and nobody has seen it: the next try shows it, if there is one. */
function keyInDoubt(what: string, cause: unknown): StartupError {
  const message = `names a database that, while the first admin key was stored, ${what}. Should the next start show no key, set BUGLE_ADMIN_KEY to one of your own, which is added`;
  return new StartupError('DATABASE_URL', message, { cause });
}
