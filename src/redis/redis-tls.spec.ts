import type { PeerCertificate } from 'node:tls';
import { addressOf } from './redis-address.js';
import { awayReason, clearestFault, tlsOptions, tlsTo } from './redis-tls.js';

function optionsOf(...urls: string[]) {
  const addresses = urls.map((url) => addressOf(url, 6379));
  return tlsOptions(addresses, { BUGLE_REDIS_CA_FILE: undefined });
}

function certificateFor(...names: string[]): PeerCertificate {
  const subjectaltname = names.map((name) => `DNS:${name}`).join(', ');
  return { subject: { CN: names[0] }, subjectaltname } as PeerCertificate;
}

/** What ioredis tells of a cluster, and of sentinels. */
function lastOf(lastNodeError: Error): Error {
  return Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError });
}

function allSentinels(last: string): Error {
  const text = 'All sentinels are unreachable. Retrying from scratch after 100ms.';
  return new Error(`${text} Last error: ${last}`);
}

describe('TLS to Redis', () => {
  it('is what rediss:// asks for', () => {
    expect(optionsOf('redis://cache.example')).toBeUndefined();
    expect(optionsOf('rediss://cache.example')).toBeDefined();
  });

  it.each([
    ['cache.example', 'cache.example'],
    ['10.0.0.1', undefined],
    ['::1', undefined],
  ])('tells the server at %s the name %s', (host, name) => {
    const tls = optionsOf('rediss://other.example');
    expect(tlsTo(host, tls)?.servername).toBe(name);
    expect(tlsTo(host, undefined)).toBeUndefined();
  });

  it.each([
    ['the address that is connected to', 'node-2.example', true],
    ['a name in REDIS_URL', 'node-1.example', true],
    ['neither', 'elsewhere.example', false],
  ])('takes a certificate for %s: %s', (_, name, isTaken) => {
    const check = optionsOf('rediss://node-1.example')?.checkServerIdentity;
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

describe('of several faults', () => {
  const closed = new Error('Connection is closed.');
  const dead = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const expired = Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' });
  const noAccess = new Error('NOAUTH Authentication required.');

  it.each<[string, Error | undefined, Error[], Error | undefined]>([
    ['one that can be mended', dead, [dead, expired], expired],
    ['what ioredis told, if that can be mended', lastOf(expired), [dead], lastOf(expired)],
    ['what ioredis told', lastOf(noAccess), [dead], lastOf(noAccess)],
    ['what was found, if ioredis told nothing', undefined, [dead], dead],
    ['what was found, if a node closed', lastOf(closed), [dead], dead],
    ['what was found, if a sentinel closed', allSentinels(closed.message), [dead], dead],
    ['that it was closed, if that is all', closed, [], closed],
    ['nothing, of nothing', undefined, [], undefined],
  ])('tells %s', (_, told, found, clearest) => {
    expect(clearestFault(told, found)).toEqual(clearest);
  });
});
