import { createHmac, type KeyObject } from 'node:crypto';
import type { SignatureKeys } from '../../webhooks/index.js';

/** What one attempt signs, and with which keys. */
export interface SigningInput {
  keys: SignatureKeys;
  /** Of the secret before; only while its grace time runs. */
  previousKeys?: SignatureKeys;
  /** Sent as `webhook-id`: the same over all attempts of a delivery. */
  deliveryId: string;
  /** Unix time of this attempt in whole seconds. */
  timestampSeconds: number;
  /** POST: the exact body. GET: the exact query string after `?`. */
  signedText: string;
}

/** The four headers by which a receiver knows that a request is from Bugle, unchanged and new. */
export interface SignatureHeaders {
  signature: string;
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/**
 * Signs one attempt twice: `signature` is the lower-case hex HMAC-SHA256 of the text alone;
 * `webhook-signature` follows Standard Webhooks 1.0.0 over `id.timestamp.text`, with one
 * entry more for a previous secret.
 *
 *     signRequest({ keys, deliveryId: 'd1', timestampSeconds: 1614265330, signedText: '{"a":1}' })
 */
export function signRequest(input: SigningInput): SignatureHeaders {
  const { keys, previousKeys, deliveryId, timestampSeconds, signedText } = input;
  const signed = `${deliveryId}.${timestampSeconds}.${signedText}`;
  const entries = [standardSignature(keys.standard, signed)];
  if (previousKeys) entries.push(standardSignature(previousKeys.standard, signed));
  return {
    signature: createHmac('sha256', keys.plain).update(signedText, 'utf8').digest('hex'),
    'webhook-id': deliveryId,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': entries.join(' '),
  };
}

function standardSignature(key: KeyObject, signed: string): string {
  return `v1,${createHmac('sha256', key).update(signed, 'utf8').digest('base64')}`;
}
