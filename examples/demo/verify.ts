import { createHmac, timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

type Headers = Record<string, string>;

/**
 * Checks a request three times: both signatures with nothing but node:crypto, and the standard one with the public
 * library too. `content` is what was signed: the exact bytes of the body, or with GET of the query string.
 */
export function isVerified(secret: string, content: Buffer, headers: Headers): boolean {
  return (
    isSignatureGood(secret, content, headers) &&
    isStandardSignatureGood(secret, content, headers) &&
    isGoodForLibrary(secret, content, headers)
  );
}

/** `Signature`: the hex HMAC-SHA256 of the content. The key is the secret as it is written. */
function isSignatureGood(secret: string, content: Buffer, headers: Headers): boolean {
  const expected = createHmac('sha256', secret).update(content).digest('hex');
  return isSame(expected, headers.signature);
}

/** `webhook-signature`, see standardwebhooks.com. The key is what the base64 behind `whsec_` stands for. */
function isStandardSignatureGood(secret: string, content: Buffer, headers: Headers): boolean {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.`;
  const digest = createHmac('sha256', key).update(signed).update(content).digest('base64');
  const ageSeconds = Date.now() / 1000 - Number(headers['webhook-timestamp']);
  // While a secret is being rotated there are two entries, one for each.
  const entries = headers['webhook-signature']?.split(' ') ?? [];
  return Math.abs(ageSeconds) < 300 && entries.some((entry) => isSame(`v1,${digest}`, entry));
}

function isGoodForLibrary(secret: string, content: Buffer, headers: Headers): boolean {
  const format = secret.startsWith('whsec_') ? undefined : 'raw';
  try {
    new Webhook(secret, { format }).verify(content, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

/** In constant time: how long it takes must not tell how much of a guess was right. */
function isSame(expected: string, given = ''): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}
