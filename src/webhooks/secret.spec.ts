import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { BugleError } from '../errors.js';
import { SecretBox, checkSecret, generateSecret, signatureKeys } from './secret.js';

const whsec = (bytes: number): string => `whsec_${randomBytes(bytes).toString('base64')}`;

function codeOf(open: () => unknown): string | undefined {
  try {
    open();
    return undefined;
  } catch (error) {
    return error instanceof BugleError ? error.code : String(error);
  }
}

describe('generateSecret', () => {
  it('gives whsec_ and 32 bytes, never the same twice', () => {
    const [first, second] = [generateSecret(), generateSecret()];
    expect(first).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(first).not.toBe(second);
    expect(checkSecret(first)).toEqual([]);
  });
});

describe('checkSecret', () => {
  it.each([
    ['24 bytes', whsec(24)],
    ['64 bytes', whsec(64)],
    ['a custom secret of 8 characters', 'longpass'],
    ['a custom secret of 255 characters', 'x'.repeat(255)],
    ['spaces inside', 'correct horse battery'],
  ])('accepts %s', (_, secret) => {
    expect(checkSecret(secret)).toEqual([]);
  });

  it.each([
    ['23 bytes', whsec(23), 'not 23'],
    ['65 bytes', whsec(65), 'not 65'],
    ['nothing after whsec_', 'whsec_', 'not 0'],
    ['missing padding', generateSecret().slice(0, -1), 'base64'],
    ['base64url', `whsec_${'-_'.repeat(16)}`, 'base64'],
    ['what is not base64', 'whsec_my secret, which is long enough', 'base64'],
    ['an empty secret', '', 'not 0'],
    ['a short secret', '7 chars', 'not 7'],
    ['a long secret', 'x'.repeat(256), 'not 256'],
    ['a NUL', 'abcdefgh\0ijkl', 'ASCII'],
    ['a line break', 'abcdefgh\n', 'ASCII'],
    ['a space at the end', 'abcdefgh ', 'ASCII'],
    ['an umlaut', 'geheimnisträger', 'ASCII'],
  ])('refuses %s and says why', (_, secret, reason) => {
    const [fault, ...more] = checkSecret(secret);
    expect(fault).toMatchObject({ path: 'secret', code: 'invalid_secret' });
    expect(fault?.message).toContain(reason);
    expect(more).toEqual([]);
  });

  it.each(['zq9zq9', 'zq9zq9zq9\n', 'whsec_zq9zq9', 'whsec_zq9 zq9', 'zq9'.repeat(99)])(
    'does not repeat the secret %j in its fault',
    (secret) => {
      const [fault] = checkSecret(secret);
      expect(fault?.message).toMatch(/^(?!.*zq9).+$/);
    },
  );
});

describe('signatureKeys', () => {
  it('decodes a whsec_ secret for the standard and takes it as shown for the plain signature', () => {
    const keys = signatureKeys('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    expect(keys.plain.export().toString()).toBe('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    expect(keys.standard.export().toString('hex')).toBe(
      '31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0',
    );
  });

  it('takes the bytes of a custom secret for both', () => {
    const keys = signatureKeys('custom-secret-0123');
    expect(keys.standard.export()).toEqual(Buffer.from('custom-secret-0123'));
    expect(keys.plain.equals(keys.standard)).toBe(true);
  });
});

describe('SecretBox', () => {
  const box = new SecretBox(randomBytes(32));

  it('opens what it sealed, for any text and row', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, row) => {
        expect(box.open(box.seal(text, row), row)).toBe(text);
      }),
    );
  });

  it('seals the same text differently each time', () => {
    expect(box.seal('text', 'row').equals(box.seal('text', 'row'))).toBe(false);
  });

  it('does not open in another row', () => {
    const sealed = box.seal('text', 'row-1');
    expect(codeOf(() => box.open(sealed, 'row-2'))).toBe('secret_unreadable');
  });

  it('does not open under another key, and names the setting', () => {
    const other = new SecretBox(randomBytes(32));
    const sealed = box.seal('text', 'row');
    expect(codeOf(() => other.open(sealed, 'row'))).toBe('secret_unreadable');
    expect(() => other.open(sealed, 'row')).toThrow('BUGLE_MASTER_KEY');
  });

  it('notices every altered byte', () => {
    const sealed = box.seal('a secret', 'row');
    for (const index of sealed.keys()) {
      const altered = Buffer.from(sealed);
      altered[index] = (altered[index] ?? 0) ^ 1;
      expect(codeOf(() => box.open(altered, 'row'))).toBe('secret_unreadable');
    }
  });

  it('notices every missing byte', () => {
    const sealed = box.seal('a secret', 'row');
    for (const length of sealed.keys()) {
      expect(codeOf(() => box.open(sealed.subarray(0, length), 'row'))).toBe('secret_unreadable');
    }
  });

  it('refuses a master key of another length', () => {
    expect(() => new SecretBox(randomBytes(31))).toThrow('32 bytes; it has 31');
  });
});
