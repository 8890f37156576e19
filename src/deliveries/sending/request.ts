import type { Fault } from '../../errors.js';
import type { SignatureKeys, WebhookTarget } from '../../webhooks/index.js';
import { signRequest } from './signature.js';

/** What a request is made of, of all that is known of a webhook. The custom headers passed `checkCustomHeaders`. */
export type Target = Pick<
  WebhookTarget,
  'url' | 'method' | 'keys' | 'previousKeys' | 'headers' | 'maskedHeaders'
>;

/** One attempt, ready to be put on the wire as it is. */
export interface OutgoingRequest {
  method: 'GET' | 'POST';
  /** An international host name is in punycode here, as it is looked up. */
  url: string;
  /** Names in lower case. Unmasked: use `maskHeaders` before they are stored or shown. */
  headers: Record<string, string>;
  body?: string;
  maskedHeaders: readonly string[];
}

/** What `buildRequest` needs; the same input gives the same request, byte for byte. */
export interface RequestInput {
  target: Target;
  deliveryId: string;
  /** The rendered body, exactly as stored. */
  body: string;
  contentType: string;
  /** Unix time of this attempt in whole seconds. */
  timestampSeconds: number;
  /** `Bugle/<version>` */
  userAgent: string;
}

/** A request, or the reason why this body cannot be sent to this target. */
export type BuiltRequest = { ok: true; request: OutgoingRequest } | { ok: false; fault: Fault };

/**
 * The exact, signed request of one attempt. A GET carries the body's top-level fields as query parameters
 * after the URL's own: strings as they are, every other value (null too) as its JSON text.
 */
export function buildRequest(input: RequestInput): BuiltRequest {
  const { keys } = input.target;
  if (!keys) return { ok: false, fault: secretUnreadable };
  return build({ keys, ...input });
}

interface Signable extends RequestInput {
  keys: SignatureKeys;
}

function build(input: Signable): BuiltRequest {
  return input.target.method === 'GET' ? buildGet(input) : buildPost(input);
}

function buildPost(input: Signable): BuiltRequest {
  const { target, body, contentType } = input;
  const headers = headersOf(input, body);
  headers['content-type'] = contentType;
  const { method, maskedHeaders } = target;
  return { ok: true, request: { method, url: asSent(target.url), headers, body, maskedHeaders } };
}

function buildGet(input: Signable): BuiltRequest {
  const { target, body } = input;
  const fields = parseFields(body);
  if (!fields) return { ok: false, fault: notAnObject };
  const url = urlWithFields(target.url, fields);
  const headers = headersOf(input, url.search.slice(1));
  const { method, maskedHeaders } = target;
  return { ok: true, request: { method, url: url.href, headers, maskedHeaders } };
}

// Ours come last: whatever is stored as a custom header, it cannot replace a signature.
function headersOf(input: Signable, signedText: string): Record<string, string> {
  const { target, keys, deliveryId, timestampSeconds, userAgent } = input;
  const { previousKeys } = target;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(target.headers)) headers[name.toLowerCase()] = value;
  headers['user-agent'] = userAgent;
  return Object.assign(
    headers,
    signRequest({ keys, previousKeys, deliveryId, timestampSeconds, signedText }),
  );
}

// The log shows where a request really went: 'раypal.com' in Cyrillic letters is xn--ypal-43d9g.com.
function asSent(url: string): string {
  return /^[\x21-\x7e]+$/.test(url) || !URL.canParse(url) ? url : new URL(url).href;
}

function urlWithFields(target: string, fields: [string, unknown][]): URL {
  const url = new URL(target);
  const added = new URLSearchParams();
  for (const [name, value] of fields) added.append(name, parameterText(value));
  const parts = [url.search.slice(1), added.toString()];
  url.search = parts.filter((part) => part !== '').join('&');
  url.hash = '';
  return url;
}

function parameterText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parseFields(body: string): [string, unknown][] | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? Object.entries(value) : undefined;
  } catch {
    return undefined;
  }
}

const notAnObject: Fault = {
  path: 'body',
  code: 'get_body_not_object',
  message:
    'This webhook uses GET, so the template must render a JSON object: its fields become query parameters.',
};

const secretUnreadable: Fault = {
  path: 'secret',
  code: 'secret_unreadable',
  message:
    'The stored secret of this webhook cannot be decrypted with this BUGLE_MASTER_KEY. Rotate the secret.',
};
