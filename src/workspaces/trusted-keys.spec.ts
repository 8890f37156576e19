import { TRUST_MS, TrustedKeys } from './trusted-keys.js';

const hash = Buffer.from('hash of a key');
const nobody = () => Promise.resolve(null);

describe('TrustedKeys', () => {
  it('asks once for a key, and again when its time is up', async () => {
    const keys = new TrustedKeys<string>();
    expect(await keys.find(hash, 0, () => Promise.resolve('key'))).toBe('key');
    expect(await keys.find(hash, TRUST_MS - 1, nobody)).toBe('key');
    expect(await keys.find(hash, TRUST_MS, nobody)).toBeUndefined();
  });

  it('trusts nobody who was not found', async () => {
    const keys = new TrustedKeys<string>();
    expect(await keys.find(hash, 0, nobody)).toBeUndefined();
    expect(await keys.find(hash, 0, () => Promise.resolve('key'))).toBe('key');
  });

  it('forgets a key that was read before a revocation and arrives after it', async () => {
    const keys = new TrustedKeys<string>();
    await keys.find(hash, 0, () => {
      keys.clear();
      return Promise.resolve('revoked meanwhile');
    });
    expect(await keys.find(hash, 0, nobody)).toBeUndefined();
  });
});
