import assert from 'node:assert/strict';
import { makeAutomation, makeWebhook } from '../support/builders.js';
import type { Answer, ProblemBody, RawRequest } from '../support/client.js';
import { startTestServer } from '../support/server.js';

export const JSON_TYPE = { 'content-type': 'application/json' };

/** A server that is sent bad input, with a webhook and an automation that nothing may happen to. */
export async function startRefusing() {
  const server = await startTestServer();
  const webhook = await makeWebhook(server.api);
  const automation = await makeAutomation(server.api, { webhookId: webhook.id });
  const rows = await server.rowCounts();
  return {
    server,
    webhookId: webhook.id,
    automationId: automation.id,
    send: (path: string, request: Partial<RawRequest>): Promise<Answer<ProblemBody>> =>
      server.api.send(path, { method: 'POST', headers: JSON_TYPE, ...request }),
    /** Whatever was sent: nothing was stored, nothing is on its way, and the server still answers. */
    async assertUndisturbed(): Promise<void> {
      assert.deepEqual(await server.rowCounts(), rows);
      assert.equal((await server.api.get('/readyz')).status, 200);
    },
  };
}

export type Refusing = Awaited<ReturnType<typeof startRefusing>>;

/** The problem, stripped to what programs branch on: `422 invalid_input name: required`. */
export function told({ status, headers, body }: Answer<ProblemBody>): string {
  assert.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8');
  assert.equal(body.status, status);
  assert.ok(body.detail.length > 0);
  const faults = body.errors?.map(({ path, code }) => ` ${path}: ${code}`) ?? [];
  return `${status} ${body.code}${faults.join('')}`;
}

export const long = (size: number): string => 'x'.repeat(size);
