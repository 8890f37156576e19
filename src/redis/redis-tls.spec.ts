import type { PeerCertificate } from 'node:tls';
import { addressOf } from './redis-address.js';
import { awayReason, tlsOptions } from './redis-tls.js';

type Mode = 'single' | 'sentinel' | 'cluster';

function optionsOf(mode: Mode, ...urls: string[]) {
  const addresses = urls.map((url) => addressOf(url, 6379));
  return tlsOptions(addresses, { BUGLE_REDIS_MODE: mode, BUGLE_REDIS_CA_FILE: undefined });
}

function certificateFor(...names: string[]): PeerCertificate {
  const subjectaltname = names.map((name) => `DNS:${name}`).join(', ');
  return { subject: { CN: names[0] }, subjectaltname } as PeerCertificate;
}

describe('TLS to Redis', () => {
  it('is what rediss:// asks for', () => {
    expect(optionsOf('single', 'redis://cache.example')).toBeUndefined();
    expect(optionsOf('single', 'rediss://cache.example')).toBeDefined();
  });

  it('names the server, if there is one and it has a name', () => {
    expect(optionsOf('single', 'rediss://cache.example')?.servername).toBe('cache.example');
    expect(optionsOf('single', 'rediss://10.0.0.1')?.servername).toBeUndefined();
    expect(optionsOf('cluster', 'rediss://cache.example')?.servername).toBeUndefined();
  });

  it.each([
    ['the address that is connected to', 'node-2.example', true],
    ['a name in REDIS_URL', 'node-1.example', true],
    ['neither', 'elsewhere.example', false],
  ])('takes a certificate for %s: %s', (_, name, isTaken) => {
    const check = optionsOf('cluster', 'rediss://node-1.example')?.checkServerIdentity;
    expect(check?.('node-2.example', certificateFor(name)) === undefined).toBe(isTaken);
  });
});

describe('the reason why Redis is away', () => {
  it('says what to do about a certificate', () => {
    const error = Object.assign(new Error('self-signed certificate'), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(awayReason(error)).toBe(
      'The TLS handshake failed: self-signed certificate. Name the certificate of its authority with BUGLE_REDIS_CA_FILE.',
    );
  });

  it('is the text, or the code of an error without one', () => {
    expect(awayReason(new Error('connect ETIMEDOUT'))).toBe('connect ETIMEDOUT');
    expect(awayReason(Object.assign(new Error(''), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
  });

  it('of a cluster is that of the node which was asked last', () => {
    const last = new Error('NOAUTH Authentication required.');
    const error = Object.assign(new Error('Failed to refresh slots cache.'), {
      lastNodeError: last,
    });
    expect(awayReason(error)).toBe(last.message);
  });
});
