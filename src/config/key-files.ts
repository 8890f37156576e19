import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../startup-error.js';

const OWNER_ONLY = 0o600;

/**
 * The master key that embedded mode keeps in its data folder, made when missing.
 * @throws StartupError when the file is there but does not hold 32 bytes in base64.
 */
export function embeddedMasterKey(dataDir: string): Buffer {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'master-key');
  if (!existsSync(path))
    writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, {
      mode: OWNER_ONLY,
      flag: 'wx',
    });
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (key.length === 32) return key;
  throw new StartupError(
    'BUGLE_MASTER_KEY',
    `cannot be read: ${path} does not hold 32 bytes in base64. Restore it; stored secrets open with no other key`,
  );
}

/** Keeps the first admin key where the person who runs the server finds it again. Answers the file's path. */
export function keepAdminKey(dataDir: string, key: string): string {
  const path = join(dataDir, 'admin-key');
  writeFileSync(path, `${key}\n`, { mode: OWNER_ONLY });
  return path;
}
