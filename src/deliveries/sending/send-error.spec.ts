import { TargetForbiddenError } from './guarded-lookup.js';
import { NameNotResolvedError } from './name-resolver.js';
import { StoppedError, describeSendError } from './send-error.js';

describe('describeSendError', () => {
  it('shows what was said of a name', () => {
    expect(describeSendError(new NameNotResolvedError('ESERVFAIL'))).toEqual({
      code: 'dns_failure',
      message: 'The host name of the URL could not be resolved (ESERVFAIL).',
    });
  });

  it('names the way out of a forbidden target, and no address', () => {
    const { code, message } = describeSendError(new TargetForbiddenError('db.internal'));
    expect(code).toBe('target_forbidden');
    expect(message).toMatch(/whoever runs this installation .+ BUGLE_ALLOW_NETWORKS\.$/);
  });

  it.each([
    ['ECONNREFUSED', 'connection_refused'],
    ['ECONNRESET', 'connection_reset'],
    ['EPIPE', 'connection_reset'],
    ['UND_ERR_SOCKET', 'connection_reset'],
    ['EHOSTUNREACH', 'network_unreachable'],
    ['ENOTFOUND', 'dns_failure'],
    ['EAI_AGAIN', 'dns_failure'],
    ['CERT_HAS_EXPIRED', 'tls_certificate_expired'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls_certificate_untrusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_certificate_wrong_host'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_failure'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls_certificate_untrusted'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connect_timeout'],
    ['ETIMEDOUT', 'connect_timeout'],
    ['UND_ERR_HEADERS_OVERFLOW', 'too_many_headers'],
    ['UND_ERR_DESTROYED', 'cancelled'],
    ['UND_ERR_INVALID_ARG', 'invalid_request'],
    ['constructor', 'send_failed'],
    ['ESOMETHING', 'send_failed'],
  ])('calls %s %s', (raw, code) => {
    expect(describeSendError(Object.assign(new Error('x'), { code: raw })).code).toBe(code);
  });

  it('calls our own limit a timeout', () => {
    expect(describeSendError(new StoppedError()).code).toBe('timeout');
  });

  it('calls whatever else is thrown send_failed', () => {
    for (const error of [undefined, null, 'text', {}, new Error('x'), { code: 7 }]) {
      expect(describeSendError(error).code).toBe('send_failed');
    }
  });

  it('shows the system’s code but never the system’s text', () => {
    const error = new Error('connect ECONNREFUSED 10.1.2.3:80');
    const { message } = describeSendError(Object.assign(error, { code: 'ECONNREFUSED' }));
    expect(message).toContain('(ECONNREFUSED).');
    expect(message).not.toContain('10.1.2.3');
  });
});
