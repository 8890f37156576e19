import { generateApiKey, hashApiKey, hintOf } from './api-key.js';

it('a key is 256 random bits that can be told to be a key of Bugle', () => {
  const keys = Array.from({ length: 100 }, generateApiKey);
  expect(new Set(keys).size).toBe(100);
  for (const key of keys) {
    expect(key).toMatch(/^bugle_[\w-]{43}$/);
    expect(Buffer.from(key.slice(6), 'base64url')).toHaveLength(32);
  }
});

it('what is stored is its SHA-256, always the same', () => {
  expect(hashApiKey('abc').toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

it('the hint shows the last four characters', () => {
  expect(hintOf('bugle_abcdefgh')).toBe('…efgh');
});
