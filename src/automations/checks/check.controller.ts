import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { typeName } from '../../event-bus/index.js';
import { Operation } from '../../http/index.js';
import { Caller, type Principal, Scopes } from '../../workspaces/index.js';
import {
  checkView,
  conditionCheckInput,
  contextView,
  templateCheckInput,
  toContextView,
  toFiringTypes,
} from './check.dto.js';
import { CheckService } from './check.service.js';

@ApiTags('Editors')
@Controller('v1')
@Scopes('manage:automations')
export class CheckController {
  constructor(private readonly checks: CheckService) {}

  @Post('templates/check')
  @HttpCode(200)
  @Operation(
    'Check a template',
    'Faults, warnings and what it reads. With `triggers` or `eventType`, names are checked against their data too.',
  )
  @ApiOkResponse({ standardSchema: checkView, description: 'What was found.' })
  template(
    @Caller() { workspaceId }: Principal,
    @Body({ schema: templateCheckInput }) body: z.infer<typeof templateCheckInput>,
  ): Promise<z.infer<typeof checkView>> {
    return this.checks.template(workspaceId, body, toFiringTypes(body));
  }

  @Post('conditions/check')
  @HttpCode(200)
  @Operation(
    'Check a condition',
    'Faults, warnings and what it reads. With `triggers` or `eventType`, names are checked against their data too.',
  )
  @ApiOkResponse({ standardSchema: checkView, description: 'What was found.' })
  condition(
    @Caller() { workspaceId }: Principal,
    @Body({ schema: conditionCheckInput }) body: z.infer<typeof conditionCheckInput>,
  ): Promise<z.infer<typeof checkView>> {
    return this.checks.condition(workspaceId, body.condition, toFiringTypes(body));
  }

  @Get('event-types/:name/context')
  @Operation(
    'Read what a rule can use',
    'For completion in editors: the fields for one event type, and all words of templates and conditions.',
  )
  @ApiOkResponse({ standardSchema: contextView, description: 'Fields and words.' })
  async context(
    @Caller() { workspaceId }: Principal,
    @Param('name', { schema: typeName }) name: string,
  ): Promise<z.infer<typeof contextView>> {
    return toContextView(name, await this.checks.context(workspaceId, name));
  }
}
