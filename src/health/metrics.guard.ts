import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BugleError } from '../errors.js';
import {
  ApiKeyService,
  bearerToken,
  requireScopes,
  WorkspaceService,
} from '../workspaces/index.js';

/**
 * Lets in keys of the home workspace with the scope read:metrics: the metrics are of the whole installation. Also while
 * the database is away, when they are needed most.
 */
@Injectable()
export class MetricsGuard implements CanActivate {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly workspaces: WorkspaceService,
  ) {}

  /** @throws BugleError 401 `unauthorized`, 403 `missing_scope`, `home_workspace_only` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = await this.keys.authenticateInOutage(bearerToken(headers.authorization));
    requireScopes(caller.scopes, ['read:metrics'], 'read the metrics');
    if (await this.workspaces.isHome(caller.workspaceId)) return true;
    throw new BugleError(
      403,
      'home_workspace_only',
      'The metrics are of the whole installation: use a key of the home workspace.',
    );
  }
}
