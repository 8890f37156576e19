import type { OpenAPIObject } from '@nestjs/swagger';
import { startTestServer, type TestServer } from '../support/server.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

let server: TestServer;
let operations: [route: string, operation: Operation][];
let document: OpenAPIObject;

beforeAll(async () => {
  server = await startTestServer();
  document = (await server.api.as(undefined).get<OpenAPIObject>('/openapi.json')).body;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
});
afterAll(() => server.stop());

describe('without a key', () => {
  it.each(['/healthz', '/readyz', '/openapi.json', '/docs'])('%s is open', async (path) => {
    expect((await server.api.as(undefined).get(path)).status).toBe(200);
  });

  it('every other route says 401', async () => {
    const guarded = operations.filter(([route]) => route.includes(' /v1/'));
    expect(guarded.length).toBeGreaterThan(30);
    for (const [route] of guarded) {
      const [method = '', path = ''] = route.split(' ');
      const answer = await server.api.as(undefined).send(path, { method });
      expect({ route, status: answer.status }).toEqual({ route, status: 401 });
    }
  });

  it('an address that leads nowhere says so', async () => {
    const stranger = server.api.as(undefined);
    for (const path of [
      '/v1/nothing',
      '/admin',
      '/docs/../package.json',
      '/docs/..%2f..%2fpackage.json',
    ])
      expect((await stranger.get(path)).status).toBe(404);
  });
});

describe('the description of the API', () => {
  it('is OpenAPI 3.1 and names every route', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(operations.map(([route]) => route).toSorted()).toEqual(ROUTES.toSorted());
  });

  it('refers to nothing that is not there', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"(.*?)"/g)].map(([, ref]) => ref);
    const names = Object.keys(document.components?.schemas ?? {});
    const schemas = names.map((name) => `#/components/schemas/${name}`);
    expect(refs.length).toBeGreaterThan(100);
    expect(refs.filter((ref) => !schemas.includes(ref ?? ''))).toEqual([]);
  });

  it('summarises every operation and describes every response', () => {
    for (const [route, operation] of operations) {
      expect({ route, summary: operation.summary }).toEqual({
        route,
        summary: expect.stringMatching(/^[A-Z]/),
      });
      for (const [status, response] of Object.entries(operation.responses)) {
        const description = response && 'description' in response ? response.description : '';
        expect({ route, status, description }).toMatchObject({
          description: expect.stringMatching(/./),
        });
      }
    }
  });

  it('tells of a webhook that is not there, where one is named in a body', () => {
    for (const path of ['/v1/deliveries/recover', '/v1/deliveries/cancel']) {
      const response = document.paths[path]?.post?.responses['404'];
      expect(response).toMatchObject({
        description: 'There is no such webhook in this workspace.',
        content: { 'application/problem+json': {} },
      });
    }
  });

  it('tells of every refusal that every route can answer', () => {
    for (const [route, { responses, requestBody, security }] of operations) {
      if (!route.includes(' /v1/')) continue;
      const expected = [
        '401 403 503',
        route.includes('{') ? '404 422' : '',
        requestBody ? '400 413 415 422' : '',
      ].flatMap((codes) => codes.split(' ').filter(Boolean));
      expect(security).toEqual([{ bearer: [] }]);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(expected));
    }
  });

  it('describes every field of every schema', () => {
    const missing = Object.entries(document.components?.schemas ?? {}).flatMap(([name, schema]) => {
      const properties = 'properties' in schema ? (schema.properties ?? {}) : {};
      return Object.entries(properties)
        .filter(([, field]) => !isReference(field) && !('description' in field))
        .map(([field]) => `${name}.${field}`);
    });
    expect(missing).toEqual([]);
  });

  it('points at schemas that exist', () => {
    const names = new Set(Object.keys(document.components?.schemas ?? {}));
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
    for (const [, name = ''] of references) expect(names).toContain(name);
  });

  it('gives no operation the id of another', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

const ROUTES = [
  'GET /healthz',
  'GET /readyz',
  'GET /v1/workspace',
  'PATCH /v1/workspace',
  'GET /v1/workspaces',
  'POST /v1/workspaces',
  'GET /v1/api-keys',
  'POST /v1/api-keys',
  'PATCH /v1/api-keys/{id}',
  'DELETE /v1/api-keys/{id}',
  'GET /v1/event-types',
  'POST /v1/event-types',
  'PATCH /v1/event-types/{name}',
  'DELETE /v1/event-types/{name}',
  'GET /v1/event-types/{name}/context',
  'GET /v1/webhooks',
  'POST /v1/webhooks',
  'GET /v1/webhooks/{id}',
  'PATCH /v1/webhooks/{id}',
  'DELETE /v1/webhooks/{id}',
  'POST /v1/webhooks/{id}/rotate-secret',
  'POST /v1/webhooks/{id}/test',
  'GET /v1/automations',
  'POST /v1/automations',
  'POST /v1/automations/preview',
  'GET /v1/automations/{id}',
  'PATCH /v1/automations/{id}',
  'DELETE /v1/automations/{id}',
  'GET /v1/automations/{id}/revisions',
  'GET /v1/automations/{id}/revisions/{revision}',
  'GET /v1/automations/{id}/revisions/{from}/diff/{to}',
  'POST /v1/automations/{id}/rollback',
  'POST /v1/automations/backtest',
  'GET /v1/template-presets',
  'POST /v1/templates/check',
  'POST /v1/conditions/check',
  'GET /v1/events',
  'POST /v1/events',
  'POST /v1/events/batch',
  'GET /v1/events/{id}',
  'GET /v1/events/{id}/explain',
  'GET /v1/deliveries',
  'GET /v1/deliveries/stream',
  'GET /v1/deliveries/{id}',
  'POST /v1/deliveries/{id}/redeliver',
  'POST /v1/deliveries/{id}/cancel',
  'POST /v1/deliveries/recover',
  'POST /v1/deliveries/cancel',
  'POST /v1/webhooks/{id}/replay',
  'GET /v1/jobs',
  'GET /v1/jobs/{id}',
  'GET /v1/jobs/{id}/stream',
  'POST /v1/jobs/{id}/cancel',
];

/** What is described where it is defined. */
const isReference = (field: object): boolean => '$ref' in field || 'allOf' in field;
