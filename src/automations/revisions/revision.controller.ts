import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
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
} from '../../http/index.js';
import { Caller, type Principal, Scopes } from '../../workspaces/index.js';
import { automationView, toAutomationView } from '../automation.dto.js';
import { AutomationService } from '../automation.service.js';
import {
  diffView,
  revisionPage,
  revisionParameter,
  revisionView,
  rollbackInput,
  toDiffView,
  toRevisionView,
} from './revision.dto.js';
import { RevisionService } from './revision.service.js';

const automationId = idField('an automation');

@ApiTags('Automations')
@Controller('v1/automations/:id')
@Scopes('manage:automations')
export class RevisionController {
  constructor(
    private readonly revisions: RevisionService,
    private readonly automations: AutomationService,
    private readonly cursors: Cursors,
  ) {}

  @Get('revisions')
  @Operation(
    'List the revisions of an automation',
    'Newest first, with whose key made each edit. Those of a deleted automation stay.',
  )
  @ApiOkResponse({ standardSchema: revisionPage, description: 'A page of revisions.' })
  list(
    @Caller() { workspaceId }: Principal,
    @Param('id', { schema: automationId }) id: string,
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ): Promise<z.infer<typeof revisionPage>> {
    const { limit } = query;
    return this.cursors.page(`revisions ${workspaceId} ${id}`, query, {
      read: (revision) =>
        this.revisions.list(workspaceId, id, {
          limit,
          before: revision ? Number(revision) : undefined,
        }),
      keyOf: ({ revision }) => String(revision),
      toView: toRevisionView,
    });
  }

  @Get('revisions/:revision')
  @Operation(
    'Read a revision of an automation',
    'The rule behind a delivery: its `automationId` and `revision` name this.',
  )
  @ApiOkResponse({ standardSchema: revisionView, description: 'The revision.' })
  async get(
    @Caller() caller: Principal,
    @Param('id', { schema: automationId }) id: string,
    @Param('revision', { schema: revisionParameter }) revision: number,
  ): Promise<z.infer<typeof revisionView>> {
    return toRevisionView(await this.revisions.get(caller.workspaceId, id, revision));
  }

  @Get('revisions/:from/diff/:to')
  @Operation('Compare two revisions of an automation', 'In either direction.')
  @ApiOkResponse({ standardSchema: diffView, description: 'What differs, field by field.' })
  async diff(
    @Caller() { workspaceId }: Principal,
    @Param('id', { schema: automationId }) id: string,
    @Param('from', { schema: revisionParameter }) from: number,
    @Param('to', { schema: revisionParameter }) to: number,
  ): Promise<z.infer<typeof diffView>> {
    const range = { from, to };
    return toDiffView(range, await this.revisions.diff(workspaceId, id, range));
  }

  @Post('rollback')
  @HttpCode(200)
  @Operation(
    'Go back to an older revision',
    'Makes a new revision with the old definition. It is checked like any edit, and refused when it is no longer valid: its webhook is gone, say.',
  )
  @ApiHeader(IF_MATCH_HEADER)
  @ApiOkResponse({ standardSchema: automationView, description: 'The automation as it is now.' })
  async rollback(
    @Caller() caller: Principal,
    @Param('id', { schema: automationId }) id: string,
    @Body({ schema: rollbackInput }) { revision }: z.infer<typeof rollbackInput>,
    @IfMatch() expected: number | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof automationView>> {
    const automation = await this.automations.rollback(
      caller,
      { id, revision: expected },
      revision,
    );
    setETag(reply, automation.revision);
    return toAutomationView(automation);
  }
}
