import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { generateSecret, signatureKeys } from '../../webhooks/index.js';
import { signRequest } from './signature.js';
import type { SignatureHeaders, SigningInput } from './signature.js';

type Signed = Omit<SigningInput, 'keys' | 'previousKeys'> & {
  secret: string;
  previousSecret: string;
};

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

function sign({ secret, previousSecret, ...input }: Partial<Signed>): SignatureHeaders {
  return signRequest({
    keys: signatureKeys(secret ?? 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'),
    previousKeys: previousSecret === undefined ? undefined : signatureKeys(previousSecret),
    deliveryId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampSeconds: 1614265330,
    signedText: '{"test": 2432232314}',
    ...input,
  });
}

function verify(secret: string, headers: SignatureHeaders, text: string, format?: 'raw'): unknown {
  return new Webhook(secret, { format }).verify(text, { ...headers }, { jsonParse: false });
}

describe('signRequest', () => {
  it('gives the signature of the Standard Webhooks test vector', () => {
    expect(sign({})).toEqual({
      signature: createHmac('sha256', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
        .update('{"test": 2432232314}')
        .digest('hex'),
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('signs with HMAC-SHA256 in lower-case hex (RFC 4231, case 2)', () => {
    const text = 'what do ya want for nothing?';
    expect(sign({ secret: 'Jefe', signedText: text }).signature).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('is accepted by the public library, whatever the body', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (signedText) => {
        const secret = generateSecret();
        const headers = sign({ secret, signedText, timestampSeconds: nowSeconds() });
        expect(() => verify(secret, headers, signedText)).not.toThrow();
        expect(() => verify(secret, headers, `${signedText} `)).toThrow('No matching signature');
        expect(() => verify(generateSecret(), headers, signedText)).toThrow(
          'No matching signature',
        );
      }),
      { numRuns: 50 },
    );
  });

  it('is accepted for a custom secret in the library’s raw format', () => {
    const printable = fc.string({ unit: 'grapheme-ascii', minLength: 8 });
    fc.assert(
      fc.property(printable, (secret) => {
        fc.pre(!secret.startsWith('whsec_'));
        const headers = sign({ secret, signedText: 'ü', timestampSeconds: nowSeconds() });
        expect(() => verify(secret, headers, 'ü', 'raw')).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });

  it('is accepted with the old and the new secret while the grace time runs', () => {
    const [secret, previousSecret] = [generateSecret(), 'the-secret-before'];
    const headers = sign({
      secret,
      previousSecret,
      signedText: '{}',
      timestampSeconds: nowSeconds(),
    });
    expect(headers['webhook-signature']).toMatch(/^v1,[^ ]{44} v1,[^ ]{44}$/);
    expect(() => verify(secret, headers, '{}')).not.toThrow();
    expect(() => verify(previousSecret, headers, '{}', 'raw')).not.toThrow();
    expect(headers.signature).toBe(createHmac('sha256', secret).update('{}').digest('hex'));
  });
});
