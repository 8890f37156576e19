import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Operation } from '../../http/index.js';
import { Scopes } from '../../workspaces/index.js';
import { templatePresetList, toTemplatePresetList } from './preset.dto.js';
import { PresetService } from './preset.service.js';

@ApiTags('Templates')
@Controller('v1/template-presets')
@Scopes('manage:automations')
export class PresetController {
  constructor(private readonly presets: PresetService) {}

  @Get()
  @Operation(
    'List template presets',
    'Templates for Slack, Discord, Teams, Telegram and others, to be copied into an automation.',
  )
  @ApiOkResponse({ standardSchema: templatePresetList, description: 'Every preset.' })
  list(): z.infer<typeof templatePresetList> {
    return toTemplatePresetList(this.presets.list());
  }
}
