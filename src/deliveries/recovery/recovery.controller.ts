import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiTags,
  ApiTooManyRequestsResponse,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { idField, Operation } from '../../http/index.js';
import { type Job, jobView } from '../../jobs/index.js';
import { ENDS_HOLD } from '../../webhooks/index.js';
import { Caller, type Principal, Scopes } from '../../workspaces/index.js';
import { deliveryView, toDeliveryView } from '../log/delivery.dto.js';
import { CancelService } from './cancel.service.js';
import { RecoverService } from './recover.service.js';
import type { Counted } from './recovery.js';
import {
  cancelInput,
  countView,
  type jobOrCount,
  recoverInput,
  toCancellation,
  toJobOrCount,
  toRecovery,
} from './recovery.dto.js';

const NO_WEBHOOK = { description: 'There is no such webhook in this workspace.' };
const COUNTING = {
  description: 'With `dryRun`: too many searches of this workspace are under way or wait.',
};

@ApiTags('Deliveries')
@Controller('v1/deliveries')
@Scopes('redeliver')
export class RecoveryController {
  constructor(
    private readonly recovering: RecoverService,
    private readonly cancelling: CancelService,
  ) {}

  @Post('recover')
  @HttpCode(202)
  @Operation(
    'Send again what was missed',
    `Opens the deliveries of a webhook, or of all that are enabled, that were given up: the same bytes under the same \`webhook-id\`, with all of their retries again. What waits, is being sent or was delivered meanwhile is left alone: asking twice sends nothing twice. ${ENDS_HOLD}`,
  )
  @ApiAcceptedResponse({ standardSchema: jobView, description: 'The job that does it.' })
  @ApiOkResponse({ standardSchema: countView, description: 'With `dryRun`: how many there are.' })
  @ApiNotFoundResponse(NO_WEBHOOK)
  @ApiTooManyRequestsResponse(COUNTING)
  async recover(
    @Caller() caller: Principal,
    @Body({ schema: recoverInput }) body: z.infer<typeof recoverInput>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof jobOrCount>> {
    return answer(await this.recovering.recover(caller, toRecovery(body)), reply);
  }

  @Post('cancel')
  @HttpCode(202)
  @Operation(
    'Cancel what waits for a webhook',
    'Deliveries that are pending or wait for a retry are cancelled. What is being sent at that moment goes on, and is tried again by its schedule if it fails: ask again later.',
  )
  @ApiAcceptedResponse({ standardSchema: jobView, description: 'The job that does it.' })
  @ApiOkResponse({ standardSchema: countView, description: 'With `dryRun`: how many wait.' })
  @ApiNotFoundResponse(NO_WEBHOOK)
  @ApiTooManyRequestsResponse(COUNTING)
  async cancelAll(
    @Caller() caller: Principal,
    @Body({ schema: cancelInput }) body: z.infer<typeof cancelInput>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof jobOrCount>> {
    return answer(await this.cancelling.cancelAll(caller, toCancellation(body)), reply);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Operation('Cancel a delivery', 'One that is pending or waits for a retry.')
  @ApiOkResponse({ standardSchema: deliveryView, description: 'It is cancelled.' })
  async cancel(
    @Caller() { workspaceId }: Principal,
    @Param('id', { schema: idField('a delivery') }) id: string,
  ): Promise<z.infer<typeof deliveryView>> {
    return toDeliveryView(await this.cancelling.cancelOne(workspaceId, id));
  }
}

/** A dry run has done all there is to do: it is not 202 but 200. */
function answer(made: Job | Counted, reply: FastifyReply): z.infer<typeof jobOrCount> {
  if (!('kind' in made)) void reply.status(200);
  return toJobOrCount(made);
}
