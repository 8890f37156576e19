import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  byId,
  Cursors,
  IF_MATCH_HEADER,
  idField,
  IfMatch,
  Operation,
  pageQuery,
  setETag,
} from '../http/index.js';
import { Caller, type Principal, Scopes } from '../workspaces/index.js';
import {
  automationInput,
  automationPage,
  automationPatch,
  automationView,
  savedAutomation,
  toAutomationView,
} from './automation.dto.js';
import type { Automation } from './automation.entity.js';
import { AutomationService } from './automation.service.js';
import { CheckService } from './checks/check.service.js';

const automationId = idField('an automation');

@ApiTags('Automations')
@Controller('v1/automations')
@Scopes('manage:automations')
export class AutomationController {
  constructor(
    private readonly automations: AutomationService,
    private readonly checks: CheckService,
    private readonly cursors: Cursors,
  ) {}

  @Post()
  @Operation(
    'Create an automation',
    'Condition and template are checked; each fault comes with its place.',
  )
  @ApiCreatedResponse({ standardSchema: savedAutomation, description: 'The new automation.' })
  async create(
    @Caller() caller: Principal,
    @Body({ schema: automationInput }) body: z.infer<typeof automationInput>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof savedAutomation>> {
    return this.saved(await this.automations.create(caller, body), reply);
  }

  @Get()
  @Operation('List automations', 'Newest first.')
  @ApiOkResponse({ standardSchema: automationPage, description: 'A page of automations.' })
  list(
    @Caller() { workspaceId }: Principal,
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ): Promise<z.infer<typeof automationPage>> {
    return this.cursors.page(`automations ${workspaceId}`, query, {
      read: (before) => this.automations.list(workspaceId, query.limit, before),
      keyOf: byId,
      toView: toAutomationView,
    });
  }

  @Get(':id')
  @Operation('Read an automation')
  @ApiOkResponse({
    standardSchema: automationView,
    description: 'The automation; its revision is the ETag.',
  })
  async get(
    @Caller() caller: Principal,
    @Param('id', { schema: automationId }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof automationView>> {
    return answer(await this.automations.get(caller.workspaceId, id), reply);
  }

  @Patch(':id')
  @Operation('Edit an automation', 'Makes a new revision, unless nothing changes.')
  @ApiHeader(IF_MATCH_HEADER)
  @ApiOkResponse({ standardSchema: savedAutomation, description: 'The automation as it is now.' })
  async update(
    @Caller() caller: Principal,
    @Param('id', { schema: automationId }) id: string,
    @Body({ schema: automationPatch }) body: z.infer<typeof automationPatch>,
    @IfMatch() revision: number | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof savedAutomation>> {
    return this.saved(await this.automations.update(caller, { id, revision }, body), reply);
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation('Delete an automation', 'What it has enqueued is still sent, and stays in the log.')
  @ApiHeader(IF_MATCH_HEADER)
  @ApiNoContentResponse({ description: 'Deleted.' })
  async delete(
    @Caller() caller: Principal,
    @Param('id', { schema: automationId }) id: string,
    @IfMatch() revision: number | undefined,
  ): Promise<void> {
    await this.automations.delete(caller, { id, revision });
  }

  private async saved(
    automation: Automation,
    reply: FastifyReply,
  ): Promise<z.infer<typeof savedAutomation>> {
    const warnings = await this.checks.warnings(automation.workspaceId, automation);
    return { ...answer(automation, reply), warnings };
  }
}

function answer(automation: Automation, reply: FastifyReply): z.infer<typeof automationView> {
  setETag(reply, automation.revision);
  return toAutomationView(automation);
}
