import { loadConfig } from '../../src/config/index.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../../src/config/index.js';
import { buildRequest, signRequest } from '../../src/deliveries/sending/index.js';
import { signatureKeys } from '../../src/webhooks/index.js';
import { fencesOf } from './markdown.js';

const vector = z.object({
  what: z.string(),
  secret: z.string(),
  'webhook-id': z.string(),
  'webhook-timestamp': z.string(),
  signed: z.string(),
  signature: z.string(),
  'webhook-signature': z.string(),
});

const document = readFileSync(join(packageRoot, 'docs', 'wire.md'), 'utf8');
const fence = fencesOf(document).find(({ info }) => info === 'json vectors');
const vectors = z.array(vector).parse(JSON.parse(fence?.text ?? ''));

describe('docs/wire.md', () => {
  it.each(vectors)('has a true test vector: $what', (shown) => {
    const { secret, signed } = shown;
    const made = signRequest({
      keys: signatureKeys(secret),
      deliveryId: shown['webhook-id'],
      timestampSeconds: Number(shown['webhook-timestamp']),
      signedText: signed,
    });
    expect(shown).toMatchObject(made);
  });

  it('shows the query of a GET as it is sent', () => {
    const get = vectors.find(({ what }) => what.startsWith('GET '));
    const [, url = '', body = ''] = /^GET (\S+), payload (.+)$/.exec(get?.what ?? '') ?? [];
    const built = buildRequest({
      target: {
        url,
        method: 'GET',
        keys: signatureKeys(get?.secret ?? ''),
        headers: {},
        maskedHeaders: [],
      },
      deliveryId: 'd',
      body,
      contentType: 'application/json',
      timestampSeconds: 1,
      userAgent: 'Bugle/0',
    });
    expect(built.ok && built.request.url.split('?')[1]).toBe(get?.signed);
  });

  it('names every code of a failure, and no other', () => {
    const source = readFileSync(join(packageRoot, 'src/deliveries/sending/outcome.ts'), 'utf8');
    const [type = ''] = /type UnreachableCode =[^;]+;/.exec(source) ?? [];
    const codes = [...type.matchAll(/'(\w+)'/g)].map(([, code]) => code);
    const [table = ''] = /### When there is no answer[^]+?\n### /.exec(document) ?? [];
    const named = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code);
    expect(new Set(named)).toEqual(new Set(codes));
    expect(codes.length).toBeGreaterThan(10);
  });

  it('shows the plan of retries', () => {
    expect(loadConfig({}, '').BUGLE_RETRY_SCHEDULE).toEqual(planIn(document));
  });
});

/** Seconds of "The plan: 5 s, 30 s, 2 min, …". */
function planIn(text: string): number[] {
  const units: Record<string, number> = { s: 1, min: 60, h: 3600 };
  const [, plan = ''] = /The plan: (.+?) after/.exec(text) ?? [];
  return plan.split(', ').map((step) => {
    const [amount, unit = ''] = step.split(' ');
    return Number(amount) * (units[unit] ?? Number.NaN);
  });
}
