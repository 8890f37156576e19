import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder that holds package.json, templates/ and docs/: two levels above dist/src/config/. */
export const packageRoot = join(import.meta.dirname, '..', '..', '..');

const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));

/** Bugle's own version, as in package.json. */
export const packageVersion: string =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0';
