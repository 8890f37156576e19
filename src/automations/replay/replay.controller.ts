import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { idField, Operation } from '../../http/index.js';
import { jobView, toJobView } from '../../jobs/index.js';
import { ENDS_HOLD } from '../../webhooks/index.js';
import { Caller, type Principal, Scopes } from '../../workspaces/index.js';
import { replayInput, toReplay } from './replay.dto.js';
import { ReplayService } from './replay.service.js';

@ApiTags('Webhooks')
@Controller('v1/webhooks')
@Scopes('redeliver')
export class ReplayController {
  constructor(private readonly replays: ReplayService) {}

  @Post(':id/replay')
  @HttpCode(202)
  @Operation(
    'Send stored events to a webhook',
    `Gives the events of a period, or those that \`eventIds\` names, to the webhook's rules as they are now: its own event types, and the automations on it. What was made of an event before is not made again, only what could not be rendered then. With \`dryRun\` the job counts: \`lookedAt\` events, \`wouldMake\` deliveries, \`existing\` ones, and those that \`failed\` to render. Tests are not repeated, operational events only when \`eventTypes\` or \`eventIds\` names them. ${ENDS_HOLD}`,
  )
  @ApiAcceptedResponse({ standardSchema: jobView, description: 'The job that does it.' })
  async replay(
    @Caller() caller: Principal,
    @Param('id', { schema: idField('a webhook') }) id: string,
    @Body({ schema: replayInput }) body: z.infer<typeof replayInput>,
  ): Promise<z.infer<typeof jobView>> {
    return toJobView(await this.replays.replay(caller, toReplay(id, body)));
  }
}
