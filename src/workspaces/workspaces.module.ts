import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKeyController } from './api-key.controller.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeyService } from './api-key.service.js';
import { FirstStartService } from './first-start.service.js';
import { KeyWatchService } from './key-watch.service.js';
import { WorkspaceController } from './workspace.controller.js';
import { Workspace } from './workspace.entity.js';
import { WorkspaceService } from './workspace.service.js';

/** Tenants, their API keys, and the guard that stands before every route. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([Workspace, ApiKey])],
  controllers: [WorkspaceController, ApiKeyController],
  providers: [
    WorkspaceService,
    ApiKeyService,
    KeyWatchService,
    FirstStartService,
    { provide: APP_GUARD, useClass: ApiKeyGuard },
  ],
  exports: [WorkspaceService, ApiKeyService, KeyWatchService, FirstStartService],
})
export class WorkspacesModule {}
