import { isIP } from 'node:net';
import {
  checkServerIdentity,
  connect,
  type ConnectionOptions,
  type PeerCertificate,
} from 'node:tls';
import type { Config } from '../config/index.js';
import type { RedisAddress } from './redis-address.js';

const HANDSHAKE_TIMEOUT_MS = 1_000;
/** How the texts of ioredis end that do not say why. */
const SAYS_NOTHING = /(Connection is closed|None of startup nodes is available)\.?$/;

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
  { BUGLE_REDIS_CA_FILE: ca }: Pick<Config, 'BUGLE_REDIS_CA_FILE'>,
): ConnectionOptions | undefined {
  if (!addresses[0]?.tls) return undefined;
  const named = addresses.map(({ host }) => host);
  return {
    ca,
    checkServerIdentity: (host, certificate) => identityFault([host, ...named], certificate),
  };
}

/** The same for one server: whoever routes connections by their name (SNI) is told it. A number is none. */
export function tlsTo<Tls extends ConnectionOptions | undefined>(host: string, tls: Tls) {
  return tls && isIP(host) === 0 ? { ...tls, servername: host } : tls;
}

/** Of what ioredis told and what was found beside it, the fault to tell: one that we have advice about, if there is one. */
export function clearestFault(told: Error | undefined, found: readonly Error[]): Error | undefined {
  const known = [...(told ? [told] : []), ...found].find((fault) => adviceOn(fault));
  if (known) return known;
  return told && !SAYS_NOTHING.test(awayReason(told)) ? told : (found[0] ?? told);
}

/** Why Redis is away, for people: what is wrong, and what to do about a certificate. */
export function awayReason(error: Error): string {
  const fault = lastFault(error);
  const reason = fault.message || codeOf(fault);
  const advice = adviceOn(fault);
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

function adviceOn(error: Error): string | undefined {
  const code = codeOf(lastFault(error));
  return ADVICE.find(([codes]) => codes.test(code))?.[1];
}

function codeOf(error: Error): string {
  return String(Reflect.get(error, 'code') ?? '');
}

/** A cluster only says that no node answers; this is what the last of them said. */
function lastFault(error: Error): Error {
  const last: unknown = Reflect.get(error, 'lastNodeError');
  return last instanceof Error ? lastFault(last) : error;
}

/** What is wrong with the name of whom we connect to, unless the certificate has one of the names. */
function identityFault(names: readonly string[], certificate: PeerCertificate): Error | undefined {
  const faults = names.map((name) => checkServerIdentity(name, certificate));
  return faults.includes(undefined) ? undefined : faults[0];
}
