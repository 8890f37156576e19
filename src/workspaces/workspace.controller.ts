import { Body, Controller, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { BugleError } from '../errors.js';
import { byId, Cursors, Operation, pageQuery } from '../http/index.js';
import type { Principal } from './api-key.service.js';
import { Caller, Scopes } from './auth.decorators.js';
import {
  newWorkspaceView,
  toWorkspaceView,
  workspaceInput,
  workspacePage,
  workspacePatch,
  workspaceView,
} from './workspace.dto.js';
import { WorkspaceService } from './workspace.service.js';

@ApiTags('Workspace and keys')
@Controller('v1')
@Scopes('admin')
export class WorkspaceController {
  constructor(
    private readonly workspaces: WorkspaceService,
    private readonly cursors: Cursors,
  ) {}

  @Get('workspace')
  @Operation('Read your workspace')
  @ApiOkResponse({
    standardSchema: workspaceView,
    description: 'The workspace that your key belongs to.',
  })
  async get(@Caller() caller: Principal): Promise<z.infer<typeof workspaceView>> {
    return toWorkspaceView(await this.workspaces.get(caller.workspaceId));
  }

  @Patch('workspace')
  @Operation('Edit your workspace')
  @ApiOkResponse({ standardSchema: workspaceView, description: 'The workspace as it is now.' })
  async update(
    @Caller() caller: Principal,
    @Body({ schema: workspacePatch }) body: z.infer<typeof workspacePatch>,
  ): Promise<z.infer<typeof workspaceView>> {
    return toWorkspaceView(await this.workspaces.update(caller.workspaceId, body));
  }

  @Post('workspaces')
  @Operation('Create a workspace', 'Only with an admin key of the home workspace (the first one).')
  @ApiCreatedResponse({
    standardSchema: newWorkspaceView,
    description: 'The workspace and its first admin key.',
  })
  async create(
    @Caller() caller: Principal,
    @Body({ schema: workspaceInput }) body: z.infer<typeof workspaceInput>,
  ): Promise<z.infer<typeof newWorkspaceView>> {
    await this.requireHome(caller);
    const { workspace, adminKey } = await this.workspaces.create(body);
    return { ...toWorkspaceView(workspace), adminKey };
  }

  @Get('workspaces')
  @Operation('List workspaces', 'Only with an admin key of the home workspace (the first one).')
  @ApiOkResponse({ standardSchema: workspacePage, description: 'A page of workspaces.' })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ): Promise<z.infer<typeof workspacePage>> {
    await this.requireHome(caller);
    return this.cursors.page('workspaces', query, {
      read: (before) => this.workspaces.list(query.limit, before),
      keyOf: byId,
      toView: toWorkspaceView,
    });
  }

  private async requireHome(caller: Principal): Promise<void> {
    if (await this.workspaces.isHome(caller.workspaceId)) return;
    throw new BugleError(
      403,
      'home_workspace_only',
      'Only admin keys of the home workspace may do that.',
    );
  }
}
