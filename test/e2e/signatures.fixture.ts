import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { ReceivedRequest } from '../support/receiver.js';

/** What a receiver verifies: the exact body, or of a GET the exact query. */
export function signedText({ method, url, body }: ReceivedRequest): string {
  return method === 'GET' ? url.slice(url.indexOf('?') + 1) : body;
}

/** The `Signature` header that a receiver expects, made with nothing but node:crypto. */
export function plainSignature(secret: string, request: ReceivedRequest): string {
  return createHmac('sha256', secret).update(signedText(request)).digest('hex');
}

/** The Standard Webhooks signature that a receiver expects, made with nothing but node:crypto. */
export function standardSignature(secret: string, request: ReceivedRequest): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = request.headers;
  const text = `${id}.${timestamp}.${signedText(request)}`;
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
}

/** Whether the public library of Standard Webhooks takes the request for genuine and fresh. */
export function isGenuine(secret: string, request: ReceivedRequest): boolean {
  const verifier = new Webhook(secret, secret.startsWith('whsec_') ? {} : { format: 'raw' });
  try {
    verifier.verify(signedText(request), request.headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

/** Whether both signatures are right. */
export function isVerified(secret: string, request: ReceivedRequest): boolean {
  return (
    request.headers.signature === plainSignature(secret, request) && isGenuine(secret, request)
  );
}
