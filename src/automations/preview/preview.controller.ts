import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Operation } from '../../http/index.js';
import { Caller, type Principal, Scopes } from '../../workspaces/index.js';
import { previewInput, previewView, toPreviewRequest } from './preview.dto.js';
import { PreviewService } from './preview.service.js';

@ApiTags('Automations')
@Controller('v1/automations/preview')
@Scopes('manage:automations')
export class PreviewController {
  constructor(private readonly previews: PreviewService) {}

  @Post()
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
    return this.previews.preview(caller, toPreviewRequest(body));
  }
}
