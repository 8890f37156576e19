import type { UnreachableCode } from '../sending/index.js';

/** How an attempt can fail (docs/wire.md). */
const OF_ATTEMPTS: Record<UnreachableCode | 'rejected' | 'interrupted' | 'not_stored', true> = {
  rejected: true,
  connection_refused: true,
  connection_reset: true,
  network_unreachable: true,
  dns_failure: true,
  tls_failure: true,
  tls_certificate_expired: true,
  tls_certificate_untrusted: true,
  tls_certificate_wrong_host: true,
  connect_timeout: true,
  timeout: true,
  target_forbidden: true,
  proxy_failure: true,
  unreachable_through_proxy: true,
  invalid_request: true,
  secret_unreadable: true,
  invalid_response: true,
  too_many_headers: true,
  cancelled: true,
  send_failed: true,
  interrupted: true,
  not_stored: true,
};

/** How a rule can fail: its condition, its template, or either of them by what it costs. */
const OF_RULES = [
  'template_error',
  'template_limit',
  'not_json',
  'form_not_object',
  'get_body_not_object',
  'condition_failed',
  'condition_too_costly',
  'evaluation_timeout',
  'evaluation_out_of_memory',
  'evaluation_crashed',
  'evaluation_stopped',
  // What was correct when it was stored, and is not for a newer version or a lower limit.
  'template_too_large',
  'syntax_error',
  'unknown_filter',
  'unknown_function',
  'unknown_test',
  'unknown_macro',
  'unknown_argument',
  'missing_argument',
  'too_many_arguments',
  'forbidden_tag',
  'forbidden_function',
  'forbidden_operator',
  'forbidden_variable',
  'inexact_number',
  'duplicate_field',
  'invalid_content_type',
];

/** Every code that an attempt or a rendering can fail with: what the log is searched by. */
export const ERROR_CODES: readonly string[] = [...Object.keys(OF_ATTEMPTS), ...OF_RULES];
