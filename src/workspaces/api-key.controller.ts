import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { byId, Cursors, idField, Operation, pageQuery } from '../http/index.js';
import { ApiKeyService, type Principal } from './api-key.service.js';
import { Caller, Scopes } from './auth.decorators.js';
import {
  apiKeyInput,
  apiKeyPage,
  apiKeyPatch,
  apiKeyView,
  newApiKeyView,
  toApiKeyView,
} from './workspace.dto.js';

const keyId = idField('an API key');

@ApiTags('Workspace and keys')
@Controller('v1/api-keys')
@Scopes('admin')
export class ApiKeyController {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly cursors: Cursors,
  ) {}

  @Post()
  @Operation('Create an API key', 'The key itself is in this answer and never shown again.')
  @ApiCreatedResponse({ standardSchema: newApiKeyView, description: 'The new key.' })
  async create(
    @Caller() caller: Principal,
    @Body({ schema: apiKeyInput }) body: z.infer<typeof apiKeyInput>,
  ): Promise<z.infer<typeof newApiKeyView>> {
    const expiresAt = body.expiresAt ? new Date(body.expiresAt) : null;
    const { key, secret } = await this.keys.create(caller.workspaceId, { ...body, expiresAt });
    return { ...toApiKeyView(key), key: secret };
  }

  @Get()
  @Operation('List API keys', 'Revoked and expired ones too. Keys themselves are never shown.')
  @ApiOkResponse({ standardSchema: apiKeyPage, description: 'A page of keys.' })
  list(
    @Caller() { workspaceId }: Principal,
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ): Promise<z.infer<typeof apiKeyPage>> {
    return this.cursors.page(`api-keys ${workspaceId}`, query, {
      read: (before) => this.keys.list(workspaceId, query.limit, before),
      keyOf: byId,
      toView: toApiKeyView,
    });
  }

  @Patch(':id')
  @Operation('Rename an API key')
  @ApiOkResponse({ standardSchema: apiKeyView, description: 'The key as it is now.' })
  async rename(
    @Caller() caller: Principal,
    @Param('id', { schema: keyId }) id: string,
    @Body({ schema: apiKeyPatch }) body: z.infer<typeof apiKeyPatch>,
  ): Promise<z.infer<typeof apiKeyView>> {
    return toApiKeyView(await this.keys.rename(caller.workspaceId, id, body.name));
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation(
    'Revoke an API key',
    'This process refuses it at once, others within a moment; after 10 seconds at most, should its notice get lost.',
  )
  @ApiNoContentResponse({ description: 'Revoked.' })
  async revoke(
    @Caller() caller: Principal,
    @Param('id', { schema: keyId }) id: string,
  ): Promise<void> {
    await this.keys.revoke(caller.workspaceId, id);
  }
}
