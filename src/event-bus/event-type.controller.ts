import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Operation } from '../http/index.js';
import { Caller, type Principal, Scopes } from '../workspaces/index.js';
import { BUILT_IN_EVENT_TYPES } from './catalogue/index.js';
import { typeName } from './event.dto.js';
import {
  eventTypeInput,
  eventTypeList,
  eventTypePatch,
  eventTypeView,
  toEventTypeView,
} from './event-type.dto.js';
import { EventTypeService } from './event-type.service.js';

@ApiTags('Event types')
@Controller('v1/event-types')
@Scopes('manage:automations')
export class EventTypeController {
  constructor(private readonly types: EventTypeService) {}

  @Get()
  @Scopes('manage:automations', 'manage:webhooks', 'publish:events', 'read:logs')
  @Operation(
    'List event types',
    'The whole catalogue: built-in types first, then those of your workspace.',
  )
  @ApiOkResponse({ standardSchema: eventTypeList, description: 'Every event type.' })
  async list(@Caller() caller: Principal): Promise<z.infer<typeof eventTypeList>> {
    const own = await this.types.own(caller.workspaceId);
    return { data: [...BUILT_IN_EVENT_TYPES, ...own].map(toEventTypeView) };
  }

  @Post()
  @Operation('Create an event type', 'With a JSON Schema, `data` is checked against it on publish.')
  @ApiCreatedResponse({ standardSchema: eventTypeView, description: 'The new type.' })
  async create(
    @Caller() caller: Principal,
    @Body({ schema: eventTypeInput }) body: z.infer<typeof eventTypeInput>,
  ): Promise<z.infer<typeof eventTypeView>> {
    return toEventTypeView(await this.types.create(caller.workspaceId, body));
  }

  @Patch(':name')
  @Operation('Edit an event type of your own')
  @ApiOkResponse({ standardSchema: eventTypeView, description: 'The type as it is now.' })
  async update(
    @Caller() caller: Principal,
    @Param('name', { schema: typeName }) name: string,
    @Body({ schema: eventTypePatch }) body: z.infer<typeof eventTypePatch>,
  ): Promise<z.infer<typeof eventTypeView>> {
    return toEventTypeView(await this.types.update(caller.workspaceId, name, body));
  }

  @Delete(':name')
  @HttpCode(204)
  @Operation('Delete an event type of your own', 'Events of the type stay.')
  @ApiNoContentResponse({ description: 'Deleted.' })
  async delete(
    @Caller() caller: Principal,
    @Param('name', { schema: typeName }) name: string,
  ): Promise<void> {
    await this.types.delete(caller.workspaceId, name);
  }
}
