import { hash, randomBytes } from 'node:crypto';

/** A new key: `bugle_` and 32 random bytes in base64url. */
export function generateApiKey(): string {
  return `bugle_${randomBytes(32).toString('base64url')}`;
}

/** What is stored of a key. */
export function hashApiKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

/** The part of a key that may be shown again. */
export function hintOf(key: string): string {
  return `…${key.slice(-4)}`;
}
