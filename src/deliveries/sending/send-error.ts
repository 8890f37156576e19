import type { UnreachableCode, UnreachableOutcome } from './outcome.js';

/** We ended the exchange ourselves; without a status yet, that is only ever because the time ran out. */
export class StoppedError extends Error {
  readonly code = 'stopped';
}

/** A status that there is not, or more interim answers than any receiver has reason to send. */
export class BadAnswerError extends Error {
  readonly code = 'bad_answer';
}

/** The egress proxy itself failed, or refused: this says nothing about the receiver. */
export class ProxyError extends Error {
  readonly code = 'proxy_failure';

  /** @param detail The code of an error, or the status that the proxy answered. */
  constructor(readonly detail: string) {
    super('The egress proxy gave no tunnel.');
  }
}

/** The egress proxy works, but could not reach the receiver. */
export class UnreachableThroughProxyError extends Error {
  readonly code = 'unreachable_through_proxy';

  /** @param detail The status that the proxy answered. */
  constructor(readonly detail: string) {
    super('The egress proxy could not reach the receiver.');
  }
}

const sentences: Record<UnreachableCode, string> = {
  connection_refused: 'The receiver refused the connection: nothing listens at this host and port',
  connection_reset: 'The receiver closed the connection before it answered',
  network_unreachable: 'There is no network route to the receiver',
  dns_failure: 'The host name of the URL could not be resolved',
  tls_failure: 'No secure connection: check that the receiver speaks TLS at this port',
  tls_certificate_expired: 'The certificate of the receiver has expired, or is not valid yet',
  tls_certificate_untrusted:
    'The certificate of the receiver is self-signed, or nobody vouches for it whom this machine trusts',
  tls_certificate_wrong_host: 'The certificate of the receiver is for another host name',
  connect_timeout: 'The connection was not established in time',
  timeout: 'The receiver did not answer in time',
  target_forbidden:
    'The host of the URL is not on the public internet, so it may not be called from here; ' +
    'whoever runs this installation can allow its network with BUGLE_ALLOW_NETWORKS',
  proxy_failure: 'The egress proxy of this installation could not be used; ask its operator',
  unreachable_through_proxy: 'The egress proxy could not reach the receiver',
  invalid_request: 'The URL or a header of this webhook cannot be sent; correct the webhook',
  secret_unreadable: 'The secret of this webhook cannot be decrypted.',
  invalid_response: 'The receiver answered with something that is not HTTP/1.1',
  too_many_headers: 'The headers of the answer were larger than 16 KiB',
  cancelled: 'The attempt was cancelled because this process is stopping',
  send_failed: 'The request could not be sent',
};

const codes: Record<string, UnreachableCode> = {
  stopped: 'timeout',
  target_forbidden: 'target_forbidden',
  lookup_timeout: 'dns_failure',
  name_not_resolved: 'dns_failure',
  proxy_failure: 'proxy_failure',
  unreachable_through_proxy: 'unreachable_through_proxy',
  bad_answer: 'invalid_response',
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  EPIPE: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  EHOSTUNREACH: 'network_unreachable',
  ENETUNREACH: 'network_unreachable',
  EHOSTDOWN: 'network_unreachable',
  ENETDOWN: 'network_unreachable',
  EADDRNOTAVAIL: 'network_unreachable',
  EAFNOSUPPORT: 'network_unreachable',
  ENOTFOUND: 'dns_failure',
  EAI_AGAIN: 'dns_failure',
  EAI_FAIL: 'dns_failure',
  EAI_NODATA: 'dns_failure',
  EAI_NONAME: 'dns_failure',
  CERT_HAS_EXPIRED: 'tls_certificate_expired',
  CERT_NOT_YET_VALID: 'tls_certificate_expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_certificate_untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_certificate_untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_certificate_untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_certificate_untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_certificate_untrusted',
  CERT_UNTRUSTED: 'tls_certificate_untrusted',
  CERT_REVOKED: 'tls_certificate_untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_certificate_wrong_host',
  HOSTNAME_MISMATCH: 'tls_certificate_wrong_host',
  ETIMEDOUT: 'connect_timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  UND_ERR_INVALID_ARG: 'invalid_request',
  UND_ERR_NOT_SUPPORTED: 'invalid_request',
  ERR_INVALID_URL: 'invalid_request',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'invalid_response',
  UND_ERR_HEADERS_OVERFLOW: 'too_many_headers',
  UND_ERR_DESTROYED: 'cancelled',
  UND_ERR_CLOSED: 'cancelled',
};

const tlsCode =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|HOSTNAME_MISMATCH)/;

/** What went wrong in stable words; `error` is whatever Node, undici or the guard raised. */
export function describeSendError(error: unknown): UnreachableOutcome['error'] {
  const raw = errorCode(error);
  const code = badAnswer(error) ? 'invalid_response' : classify(raw);
  const detail = detailOf(error) ?? raw;
  return { code, message: `${sentences[code]}${showsMore(detail) ? ` (${detail})` : ''}.` };
}

function detailOf(error: unknown): string | undefined {
  const hasDetail = error instanceof Error && 'detail' in error;
  return hasDetail && typeof error.detail === 'string' ? error.detail : undefined;
}

function classify(raw: string): UnreachableCode {
  const known = Object.hasOwn(codes, raw) ? codes[raw] : undefined;
  if (known) return known;
  return tlsCode.test(raw) ? 'tls_failure' : 'send_failed';
}

// undici leaves the code of a parser error undefined, and gives an unasked-for 100 or 101 that of a lost connection.
function badAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'HTTPParserError' || /^bad (?:response|upgrade)$/.test(error.message);
}

/** The code of what Node, undici or we raised; empty when there is none. */
export function errorCode(error: unknown): string {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode && typeof error.code === 'string' ? error.code : '';
}

// Node's and OpenSSL's own codes help an admin to search; undici's and ours say no more than the sentence.
function showsMore(detail: string): boolean {
  return /^(?:[A-Z][A-Z0-9_]+|status \d+)$/.test(detail) && !detail.startsWith('UND_ERR_');
}
