import { isIP } from 'node:net';
import {
  checkServerIdentity,
  connect,
  type ConnectionOptions,
  type PeerCertificate,
} from 'node:tls';
import type { Config } from '../config/index.js';
import type { RedisAddress } from './redis-address.js';

type TlsSettings = Pick<Config, 'BUGLE_REDIS_MODE' | 'BUGLE_REDIS_CA_FILE'>;

const HANDSHAKE_TIMEOUT_MS = 1_000;

/** What can be done about a handshake that fails, by the code of Node or OpenSSL. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)/,
    'Name the certificate of its authority with BUGLE_REDIS_CA_FILE',
  ],
  [
    /ALTNAME_INVALID/,
    'The certificate has to name the address that is connected to, or one in REDIS_URL',
  ],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, 'Renew the certificate of the Redis server'],
];

/**
 * How to connect over TLS. Sentinels and nodes of a cluster tell addresses of others, often numbers: their certificate may
 * as well be for a name that REDIS_URL has. Undefined without rediss://.
 */
export function tlsOptions(
  addresses: readonly RedisAddress[],
  { BUGLE_REDIS_MODE: mode, BUGLE_REDIS_CA_FILE: ca }: TlsSettings,
): ConnectionOptions | undefined {
  const [first] = addresses;
  if (!first?.tls) return undefined;
  const named = addresses.map(({ host }) => host);
  return {
    ca,
    // One name for all that are connected would be wrong for most, and a number is none.
    servername: mode === 'single' && isIP(first.host) === 0 ? first.host : undefined,
    checkServerIdentity: (host, certificate) => identityFault([host, ...named], certificate),
  };
}

/** Why Redis is away, for people: what is wrong, and what to do about a certificate. */
export function awayReason(error: Error): string {
  // A cluster only says that no node answers; this is what the last of them said.
  const last: unknown = Reflect.get(error, 'lastNodeError');
  if (last instanceof Error) return awayReason(last);
  const code = String(Reflect.get(error, 'code') ?? '');
  const reason = error.message || code;
  const advice = ADVICE.find(([codes]) => codes.test(code))?.[1];
  return advice ? `The TLS handshake failed: ${reason}. ${advice}.` : reason;
}

/** Shakes hands once. Resolves with what went wrong, or undefined. */
export function handshakeFault(
  { host, port }: RedisAddress,
  options: ConnectionOptions,
): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: HANDSHAKE_TIMEOUT_MS, ...options });
    const end = (fault?: Error) => {
      socket.destroy();
      resolve(fault);
    };
    socket.once('secureConnect', () => end());
    socket.once('timeout', () => end());
    socket.on('error', end);
  });
}

/** What is wrong with the name of whom we connect to, unless the certificate has one of the names. */
function identityFault(names: readonly string[], certificate: PeerCertificate): Error | undefined {
  const faults = names.map((name) => checkServerIdentity(name, certificate));
  return faults.includes(undefined) ? undefined : faults[0];
}
