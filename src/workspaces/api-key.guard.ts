import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { BugleError } from '../errors.js';
import { ApiKeyService } from './api-key.service.js';
import {
  ACCEPTED_SCOPES,
  type AuthenticatedRequest,
  NEEDED_SCOPES,
  PUBLIC,
} from './auth.decorators.js';
import { allows, requireScopes, type Scope } from './scopes.js';

/** Guards every route: a valid key (else 401) that holds one of the route's scopes, or all of them, (else 403). */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeyService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, targets)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    request.principal = await this.keys.authenticate(bearerToken(request.headers.authorization));
    this.requireScopesOf(targets, request.principal.scopes);
    return true;
  }

  private requireScopesOf(
    targets: Parameters<Reflector['getAllAndOverride']>[1],
    granted: readonly Scope[],
  ): void {
    const needed = this.reflector.getAllAndOverride<Scope[] | undefined>(NEEDED_SCOPES, targets);
    if (needed) return requireScopes(granted, needed);
    const accepted = this.reflector.getAllAndOverride<Scope[]>(ACCEPTED_SCOPES, targets) ?? [
      'admin',
    ];
    if (allows(granted, accepted)) return;
    throw new BugleError(
      403,
      'missing_scope',
      `This key may not do that: it needs the scope ${accepted.join(' or ')}.`,
    );
  }
}

/** The key of an Authorization header. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
}
