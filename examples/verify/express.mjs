// A receiver in Express that believes only requests of Bugle.
//   BUGLE_SECRET=whsec_… PORT=4000 node examples/verify/express.mjs
import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';

const TOLERANCE_SECONDS = 5 * 60;

/** The `Signature` header alone: lower-case hex HMAC-SHA256 of the bytes; the key is the secret as it was shown. */
export function verifySignature(secret, bytes, headers) {
  const expected = createHmac('sha256', secret).update(bytes).digest('hex');
  return isSame(expected, headers.signature);
}

/** Standard Webhooks: it also refuses old requests, and goes on working while the secret is rotated. */
export function verifyStandardWebhook(secret, bytes, headers, now = Date.now()) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  if (!id || !/^\d+$/.test(timestamp ?? '')) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const hmac = createHmac('sha256', standardKey(secret)).update(`${id}.${timestamp}.`);
  const expected = `v1,${hmac.update(bytes).digest('base64')}`;
  // One signature, or two while a secret is rotated.
  const given = (headers['webhook-signature'] ?? '').split(' ');
  return given.some((signature) => isSame(expected, signature));
}

function standardKey(secret) {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
}

function isSame(expected, given) {
  const [a, b] = [Buffer.from(expected), Buffer.from(given ?? '')];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What Bugle signed: the body as it arrived; with GET, the query string as it arrived. */
function signedBytes(request) {
  if (request.method !== 'GET')
    return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const start = request.originalUrl.indexOf('?');
  return Buffer.from(start < 0 ? '' : request.originalUrl.slice(start + 1));
}

const secret = process.env.BUGLE_SECRET;
if (!secret) throw new Error('Set BUGLE_SECRET to the secret of the webhook.');

const app = express();
// Raw, and for every content type: a body that was parsed and written again has other bytes.
app.use(express.raw({ type: () => true, limit: '1mb' }));

app.all('/hook', (request, response) => {
  const isGenuine = verifyStandardWebhook(secret, signedBytes(request), request.headers);
  if (!isGenuine) return void response.status(401).end();
  // The same webhook-id may come again: do the work for it once, and answer before long work begins.
  response.status(204).end();
});

app.all('/hook/signature', (request, response) => {
  const isGenuine = verifySignature(secret, signedBytes(request), request.headers);
  response.status(isGenuine ? 204 : 401).end();
});

app.listen(Number(process.env.PORT ?? 4000), '127.0.0.1');
