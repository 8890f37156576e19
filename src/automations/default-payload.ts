import type { Fault } from '../errors.js';
import type { StoredEvent } from '../event-bus/index.js';
import { isJsonObject, jsonTextOf } from '../json.js';
import { envelopeOf } from './context/context.js';

/** The exact body as it is sent, or why there is none. */
export type Rendering =
  { ok: true; body: string; contentType: string } | { ok: false; fault: Fault };

/**
 * The body of a rule without a template: to the byte what templates/default.json.twig prints, from where people take it to
 * begin a template of their own. It is written here once more because nobody but us has written it: it needs no engine,
 * no limits of time and no thread (docs/adr/0022).
 */
export function defaultPayload(
  event: StoredEvent,
  deliveryId: string,
  maxBytes: number,
): Rendering {
  const lines = Object.entries(envelopeOf(event, deliveryId)).map(
    ([name, value]) =>
      `  "${name}": ${isJsonObject(value) ? jsonTextOf(value) : JSON.stringify(value)}`,
  );
  const body = `{\n${lines.join(',\n')}\n}\n`;
  if (Buffer.byteLength(body) <= maxBytes) {
    return { ok: true, body, contentType: 'application/json' };
  }
  const message = `The rendered body is larger than ${maxBytes} bytes.`;
  return { ok: false, fault: { path: '', code: 'template_limit', message } };
}
