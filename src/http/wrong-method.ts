import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BugleError } from '../errors.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** What can be done at an address that is there, when the request wanted something else. Empty for one that is not. */
export function otherMethods({ is404, method, server, url }: FastifyRequest): string[] {
  if (!is404) return [];
  const [path = ''] = url.split('?');
  const methods = METHODS.filter((each) => isRoute(server, each, path));
  // A route for files that has none of this name.
  return methods.some((each) => each === method) ? [] : methods;
}

/** 405: what goes with it is an `Allow` header that names `methods` (RFC 9110, section 15.5.6). */
export function wrongMethod(method: string, methods: readonly string[]): BugleError {
  const message = `This address takes ${methods.join(', ')}, not ${method}.`;
  return new BugleError(405, 'method_not_allowed', message);
}

/** Fastify takes an empty id, as in /v1/webhooks/, and Nest does not. */
function isRoute(server: FastifyInstance, method: (typeof METHODS)[number], url: string): boolean {
  const route = server.findRoute({ method, url });
  return route !== null && !Object.values(route.params).includes('');
}
