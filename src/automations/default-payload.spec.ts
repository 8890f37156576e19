import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { packageRoot } from '../config/index.js';
import type { StoredEvent } from '../event-bus/index.js';
import type { JsonObject, JsonValue } from '../json.js';
import { eventContext, ruleContext } from './context/context.js';
import { defaultPayload } from './default-payload.js';
import { compileTemplate, renderTemplate, TemplateContext } from './template/index.js';
import { event as someEvent } from './evaluation/trial.fixture.js';

const MAX_BYTES = 10_000_000;

const TEMPLATE = readFileSync(join(packageRoot, 'templates', 'default.json.twig'), 'utf8');

const json = fc.jsonValue().map((value): JsonValue => JSON.parse(JSON.stringify(value)));
const text = fc.string({ unit: 'grapheme' });
const record: fc.Arbitrary<JsonObject> = fc.dictionary(text, json);
const events: fc.Arbitrary<StoredEvent> = fc
  .record({
    type: text,
    id: text,
    data: record,
    changes: fc.option(fc.dictionary(text, fc.record({ old: json, new: json }))),
  })
  .map((differences) => ({ ...someEvent, ...differences }));

describe('the default payload', () => {
  it('is to the byte what templates/default.json.twig prints, whatever an event holds', () => {
    fc.assert(
      fc.property(events, text, (event, deliveryId) => {
        const sent = defaultPayload(event, deliveryId, MAX_BYTES);
        expect(sent).toEqual(printed(event, deliveryId));
      }),
    );
  });

  it('is refused when it is larger than a body may be', () => {
    const event = { ...someEvent, data: { text: '★'.repeat(100) } };
    const whole = defaultPayload(event, 'd', MAX_BYTES);
    const bytes = whole.ok ? Buffer.byteLength(whole.body) : 0;
    expect(defaultPayload(event, 'd', bytes)).toEqual(whole);
    expect(defaultPayload(event, 'd', bytes - 1)).toMatchObject({
      ok: false,
      fault: {
        code: 'template_limit',
        message: `The rendered body is larger than ${bytes - 1} bytes.`,
      },
    });
  });
});

function printed(event: StoredEvent, deliveryId: string) {
  const compiled = compileTemplate(TEMPLATE, { format: 'json-text', limits: { work: Infinity } });
  if (!compiled.ok) throw new Error('the default template does not compile');
  const workspace = { id: 's', name: 'Acme', timeZone: 'UTC' };
  const shared = eventContext(event, workspace, event.createdAt);
  const rule = { automation: null, webhook: { id: 'w', name: 'CRM' }, deliveryId };
  return renderTemplate(compiled.template, new TemplateContext(ruleContext(rule, event, shared)));
}
