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
  previewInput,
  previewView,
  toAutomationView,
  toPreviewed,
} from './automation.dto.js';
import type { Automation } from './automation.entity.js';
import { AutomationService } from './automation.service.js';
import { PreviewService } from './preview.service.js';

const automationId = idField('an automation');

@ApiTags('Automations')
@Controller('v1/automations')
@Scopes('manage:automations')
export class AutomationController {
  constructor(
    private readonly automations: AutomationService,
    private readonly previews: PreviewService,
    private readonly cursors: Cursors,
  ) {}

  @Post()
  @Operation(
    'Create an automation',
    'Condition and template are checked; each fault comes with its place.',
  )
  @ApiCreatedResponse({ standardSchema: automationView, description: 'The new automation.' })
  async create(
    @Caller() caller: Principal,
    @Body({ schema: automationInput }) body: z.infer<typeof automationInput>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof automationView>> {
    return answer(await this.automations.create(caller, body), reply);
  }

  @Post('preview')
  @HttpCode(200)
  @Operation(
    'Preview an automation',
    'Shows what it would make of an event. Sends nothing, stores nothing. `eventId` needs the scope `read:logs` too.',
  )
  @ApiOkResponse({
    standardSchema: previewView,
    description: 'Whether it fires, and the exact request.',
  })
  preview(
    @Caller() caller: Principal,
    @Body({ schema: previewInput }) body: z.infer<typeof previewInput>,
  ): Promise<z.infer<typeof previewView>> {
    const { rule, event } = toPreviewed(body);
    return this.previews.preview(caller, rule, event);
  }

  @Get()
  @Operation('List automations', 'Newest first.')
  @ApiOkResponse({ standardSchema: automationPage, description: 'A page of automations.' })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ): Promise<z.infer<typeof automationPage>> {
    const list = `automations ${caller.workspaceId}`;
    const before = query.cursor && this.cursors.decode(list, query.cursor);
    const rows = await this.automations.list(caller.workspaceId, query.limit, before);
    return this.cursors.page(list, rows.map(toAutomationView), query.limit);
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
  @Operation('Edit an automation', 'Makes a new revision.')
  @ApiHeader(IF_MATCH_HEADER)
  @ApiOkResponse({ standardSchema: automationView, description: 'The automation as it is now.' })
  async update(
    @Caller() caller: Principal,
    @Param('id', { schema: automationId }) id: string,
    @Body({ schema: automationPatch }) body: z.infer<typeof automationPatch>,
    @IfMatch() revision: number | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof automationView>> {
    return answer(await this.automations.update(caller, id, body, revision), reply);
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
    await this.automations.delete(caller, id, revision);
  }
}

function answer(automation: Automation, reply: FastifyReply): z.infer<typeof automationView> {
  setETag(reply, automation.revision);
  return toAutomationView(automation);
}
