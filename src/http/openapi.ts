import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { packageVersion } from '../config/index.js';
import { problem } from './problem.js';

type SchemaObject = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'post', 'patch', 'delete'] as const;

const REFUSALS: Record<number, string> = {
  400: 'The body is not JSON, or a cursor or header is not one of ours.',
  401: 'No API key, or one that is not valid.',
  403: 'The key lacks the scope that this route needs.',
  404: 'No such row in this workspace.',
  409: 'It contradicts the state of things: a name that is taken, something disabled or in use.',
  412: 'If-Match names a revision that is no longer the newest.',
  413: 'The body is larger than this route accepts.',
  415: 'The body is not application/json.',
  422: 'The input was understood but cannot be accepted; `errors` has a path to each fault.',
  503: 'The database cannot be reached. Repeat the request; when publishing, with the same id or Idempotency-Key.',
};

/** The API's description: what the decorators say, and on every route the refusals that it can answer. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Bugle')
    .setDescription('Events in, signed HTTP requests out, and a log of every attempt.')
    .setVersion(packageVersion)
    .setOpenAPIVersion('3.1.0')
    .addSecurity('bearer', {
      type: 'http',
      scheme: 'bearer',
      description: 'An API key of a workspace: `bugle_…`.',
    })
    .build();
  const document = SwaggerModule.createDocument(app, config);
  // A schema with an id is put into `$defs`, where nobody finds it from within an OpenAPI document.
  const problemSchema = z.toJSONSchema(problem).$defs?.Problem;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- two typings of one thing: OpenAPI 3.1 schemas are JSON Schema
  const schemas = { ...document.components?.schemas, Problem: problemSchema as SchemaObject };
  document.components = { ...document.components, schemas };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) if (item[method]) describeRefusals(path, method, item[method]);
  }
  return document;
}

/** Serves the document at /openapi.json and Swagger UI at /docs. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'Bugle API',
  });
}

function describeRefusals(path: string, method: string, operation: Operation): void {
  const isOpen = !path.startsWith('/v1/');
  if (!isOpen) operation.security = [{ bearer: [] }];
  const statuses = isOpen ? openRefusals(path) : refusalsOf(path, method, operation);
  for (const status of [...statuses, ...refusalsSaid(operation)]) {
    operation.responses[status] = {
      description: REFUSALS[status] ?? '',
      ...operation.responses[status],
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
}

/** Those that a route's own decorators tell of. */
function refusalsSaid({ responses }: Operation): number[] {
  return Object.keys(responses)
    .map(Number)
    .filter((status) => status >= 400);
}

function openRefusals(path: string): number[] {
  return path === '/readyz' ? [503] : [];
}

function refusalsOf(path: string, method: string, operation: Operation): number[] {
  const statuses = [401, 403, 503];
  const parameters = (operation.parameters ?? []).map((parameter) =>
    'name' in parameter ? parameter.name : '',
  );
  if (path.includes('{')) statuses.push(404);
  if (parameters.length > 0) statuses.push(422);
  if (parameters.includes('cursor')) statuses.push(400);
  if (parameters.includes('If-Match')) statuses.push(400, 412);
  if (method !== 'get') statuses.push(409);
  if (operation.requestBody) statuses.push(400, 413, 415, 422);
  return statuses.toSorted((a, b) => a - b);
}
