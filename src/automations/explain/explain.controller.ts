import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Cursors, idField, Operation } from '../../http/index.js';
import { AllScopes, Caller, type Principal } from '../../workspaces/index.js';
import {
  explainQuery,
  explanationView,
  idOfRule,
  toExplainedView,
  toExplanationHead,
} from './explain.dto.js';
import { ExplainService } from './explain.service.js';

@ApiTags('Events')
@Controller('v1/events')
export class ExplainController {
  constructor(
    private readonly explaining: ExplainService,
    private readonly cursors: Cursors,
  ) {}

  @Get(':id/explain')
  @AllScopes('read:logs', 'manage:automations')
  @Operation(
    'Explain what became of an event',
    'For every rule of the workspace, as it was at the time: why it fired, or why not. Needs the scopes `read:logs` and `manage:automations`.',
  )
  @ApiOkResponse({ standardSchema: explanationView, description: 'A page of rules.' })
  async explain(
    @Caller() caller: Principal,
    @Param('id', { schema: idField('an event') }) id: string,
    @Query({ schema: explainQuery }) query: z.infer<typeof explainQuery>,
  ): Promise<z.infer<typeof explanationView>> {
    const { cursor, limit, ...filter } = query;
    const list = `explain ${caller.workspaceId} ${id}`;
    const after = this.cursors.decode(list, cursor);
    const explanation = await this.explaining.explain(caller, id, { ...filter, limit, after });
    const page = { keyOf: idOfRule, toView: toExplainedView };
    return {
      ...toExplanationHead(explanation),
      ...this.cursors.pageOf(list, { rows: explanation.rules, limit }, page),
    };
  }
}
