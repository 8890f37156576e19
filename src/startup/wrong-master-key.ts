import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/index.js';
import { StartupError } from '../startup-error.js';

/** Of a master key that does not open what is sealed in the database, with the way to the one that does. */
export function wrongMasterKey({
  DATABASE_URL,
  BUGLE_MASTER_KEY,
  BUGLE_DATA_DIR,
}: Config): StartupError {
  const file = join(BUGLE_DATA_DIR, 'master-key');
  const way = DATABASE_URL
    ? 'Start all processes with that one'
    : BUGLE_MASTER_KEY && existsSync(file)
      ? `Start with that one, or unset the variable if it is the one in ${file}`
      : 'Set it to that one';
  const message = `is not the key with which this database was first started, and its secrets are sealed. ${way}`;
  return new StartupError('BUGLE_MASTER_KEY', message);
}
