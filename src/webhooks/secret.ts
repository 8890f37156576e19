import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { BugleError } from '../errors.js';
import type { Fault } from '../errors.js';

const prefix = 'whsec_';
const generatedBytes = 32;
const standardBytes = { min: 24, max: 64 };
const customLength = { min: 8, max: 255 };
const printableAscii = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** The two HMAC keys that one webhook secret stands for. Unlike a text, they cannot end up in a log or an answer. */
export interface SignatureKeys {
  /** Key of the `Signature` header: the secret as shown, in UTF-8, `whsec_` included. */
  plain: KeyObject;
  /** Key of `webhook-signature`: the decoded part after `whsec_`; of a custom secret its UTF-8 bytes. */
  standard: KeyObject;
}

/** A new random secret: `whsec_` and the base64 of 32 random bytes. */
export function generateSecret(): string {
  return prefix + randomBytes(generatedBytes).toString('base64');
}

/** What is wrong with a secret that somebody wants to use; empty when it is good. */
export function checkSecret(text: string): Fault[] {
  return text.startsWith(prefix) ? checkStandardSecret(text) : checkCustomSecret(text);
}

/** The HMAC keys of a secret that passed `checkSecret`. */
export function signatureKeys(secret: string): SignatureKeys {
  const plain = createSecretKey(secret, 'utf8');
  const standard = secret.startsWith(prefix)
    ? createSecretKey(secret.slice(prefix.length), 'base64')
    : plain;
  return { plain, standard };
}

function checkStandardSecret(text: string): Fault[] {
  const encoded = text.slice(prefix.length);
  const key = Buffer.from(encoded, 'base64');
  // Node's decoder skips what is not base64; the libraries that verify our requests do not.
  if (key.toString('base64') !== encoded) {
    return [fault('What follows whsec_ must be padded standard base64 (A-Z a-z 0-9 + / =).')];
  }
  if (key.length < standardBytes.min || key.length > standardBytes.max) {
    return [fault(`What follows whsec_ must be the base64 of 24 to 64 bytes, not ${key.length}.`)];
  }
  return [];
}

// ASCII only: verifying libraries disagree about the bytes of any other character.
function checkCustomSecret(text: string): Fault[] {
  if (text.length < customLength.min || text.length > customLength.max) {
    return [fault(`A secret without whsec_ must have 8 to 255 characters, not ${text.length}.`)];
  }
  if (!printableAscii.test(text)) {
    const allowed = 'printable ASCII characters only, and no space at either end';
    return [fault(`A secret without whsec_ must have ${allowed}.`)];
  }
  return [];
}

function fault(message: string): Fault {
  return { path: 'secret', code: 'invalid_secret', message };
}

const algorithm = 'aes-256-gcm';
const version = 1;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + nonceBytes + tagBytes;

/**
 * Keeps secrets encrypted at rest: AES-256-GCM under the master key.
 * A sealed secret is one version byte, the nonce, the tag, the ciphertext.
 */
export class SecretBox {
  private readonly key: KeyObject;

  /** @throws Error unless the master key has exactly 32 bytes. */
  constructor(masterKey: Buffer) {
    if (masterKey.length !== keyBytes) {
      throw new Error(`The master key must have ${keyBytes} bytes; it has ${masterKey.length}.`);
    }
    this.key = createSecretKey(masterKey);
  }

  /** Encrypts a secret; `aad` is the id of its row, so that it opens in no other row. */
  seal(text: string, aad: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(Buffer.from(aad, 'utf8'));
    const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), ciphertext]);
  }

  /** Whether `open` would succeed. */
  opens(sealed: Buffer, aad: string): boolean {
    try {
      this.open(sealed, aad);
      return true;
    } catch {
      return false;
    }
  }

  /** @throws BugleError `secret_unreadable`: another master key, another row, or altered bytes. */
  open(sealed: Buffer, aad: string): string {
    if (sealed[0] !== version || sealed.length < headBytes) throw unreadable(aad);
    const nonce = sealed.subarray(1, 1 + nonceBytes);
    const decipher = createDecipheriv(algorithm, this.key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(aad, 'utf8'));
    decipher.setAuthTag(sealed.subarray(1 + nonceBytes, headBytes));
    const text = decipher.update(sealed.subarray(headBytes));
    try {
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch {
      throw unreadable(aad);
    }
  }
}

function unreadable(aad: string): BugleError {
  return new BugleError(
    500,
    'secret_unreadable',
    `The stored secret of ${aad} cannot be decrypted: it was sealed under another BUGLE_MASTER_KEY, ` +
      'or the stored bytes were changed. Start with the old key, or rotate this secret.',
  );
}
