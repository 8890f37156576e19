import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from './api-key.service.js';
import type { Scope } from './scopes.js';

export const ACCEPTED_SCOPES = 'bugle:scopes';
export const NEEDED_SCOPES = 'bugle:all-scopes';
export const PUBLIC = 'bugle:public';

/** Opens a route to keys that hold any one of these scopes (or `admin`). A route without it, or {@link AllScopes}, needs `admin`. */
export const Scopes = (...scopes: Scope[]) => SetMetadata(ACCEPTED_SCOPES, scopes);

/** Opens a route to keys that hold all of these scopes (or `admin`). */
export const AllScopes = (...scopes: Scope[]) => SetMetadata(NEEDED_SCOPES, scopes);

/** Opens a route to everybody, without a key: health checks and the API's description. */
export const Public = () => SetMetadata(PUBLIC, true);

/** A request that the guard has let in. */
export interface AuthenticatedRequest extends FastifyRequest {
  principal: Principal;
}

/** Whoever calls: the key's id, its workspace and scopes. */
export const Caller = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<AuthenticatedRequest>().principal,
);
