/** Why no answer came. Stable: stored with the attempt, shown in the log, filtered by. */
export type UnreachableCode =
  | 'connection_refused'
  | 'connection_reset'
  | 'network_unreachable'
  | 'dns_failure'
  | 'tls_failure'
  | 'tls_certificate_expired'
  | 'tls_certificate_untrusted'
  | 'tls_certificate_wrong_host'
  | 'connect_timeout'
  | 'timeout'
  | 'target_forbidden'
  | 'proxy_failure'
  | 'unreachable_through_proxy'
  | 'invalid_request'
  | 'secret_unreadable'
  | 'invalid_response'
  | 'too_many_headers'
  | 'cancelled'
  | 'send_failed';

/** Why the kept body is not the whole body: too long, the time ran out, or the connection ended early. */
export type BodyCut = 'limit' | 'timeout' | 'closed';

/** The receiver answered. Its status alone decides: 2xx is delivered, all else is rejected. */
export interface AnsweredOutcome {
  kind: 'delivered' | 'rejected';
  statusCode: number;
  /** The first 100. Names in lower case; secret values masked; a repeated header joined with `, `. */
  responseHeaders: Record<string, string>;
  /** The first bytes as UTF-8 with replacement characters; NUL removed, which PostgreSQL cannot store. */
  responseBody: string;
  responseBodyCut?: BodyCut;
  /** The `Retry-After` header as it came. */
  retryAfter?: string;
  /** From `send` to the end of the answer, in whole milliseconds. */
  durationMs: number;
}

/** No answer with a status came; whether the receiver saw the request is unknown. */
export interface UnreachableOutcome {
  kind: 'unreachable';
  /** The message is for people and holds no address, header or body. */
  error: { code: UnreachableCode; message: string };
  durationMs: number;
}

/** How one attempt ended. Sending never throws: a failure is an outcome too. */
export type Outcome = AnsweredOutcome | UnreachableOutcome;
