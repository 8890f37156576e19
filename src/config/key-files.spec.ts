import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedMasterKey, keepAdminKey } from './key-files.js';

const folder = mkdtempSync(join(tmpdir(), 'bugle-keys-'));
const dataDir = join(folder, 'data');
afterAll(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

it('a master key is made once, found again, and is for its owner only', () => {
  const key = embeddedMasterKey(dataDir);
  expect(key).toHaveLength(32);
  expect(embeddedMasterKey(dataDir).equals(key)).toBe(true);
  expect(modeOf(join(dataDir, 'master-key'))).toBe(0o600);
  expect(modeOf(dataDir)).toBe(0o700);
});

it('a master key that was damaged is refused and never replaced', () => {
  const path = join(dataDir, 'master-key');
  writeFileSync(path, 'damaged');
  expect(() => embeddedMasterKey(dataDir)).toThrow(path);
  expect(readFileSync(path, 'utf8')).toBe('damaged');
});

it('the admin key is kept for its owner only', () => {
  const path = keepAdminKey(dataDir, 'bugle_key');
  expect(readFileSync(path, 'utf8')).toBe('bugle_key\n');
  expect(modeOf(path)).toBe(0o600);
});
