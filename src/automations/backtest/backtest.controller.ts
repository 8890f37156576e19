import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Operation } from '../../http/index.js';
import { AllScopes, Caller, type Principal } from '../../workspaces/index.js';
import { backtestInput, backtestView, toBacktestRequest, toStepView } from './backtest.dto.js';
import { BacktestService } from './backtest.service.js';
import { answerSteps } from './backtest-stream.js';

@ApiTags('Automations')
@Controller('v1/automations/backtest')
@AllScopes('manage:automations', 'read:logs')
export class BacktestController {
  constructor(private readonly backtests: BacktestService) {}

  @Post()
  @HttpCode(200)
  @Operation(
    'Try an automation on stored events',
    'Says what it would have fired for, and what an edit would change. Sends nothing, stores nothing. With `Accept: text/event-stream` the answer is a stream: `progress` events (`scanned`, `tried`, `matched`), then one `result`, or one `error` with `code` and `message`. Needs the scopes `manage:automations` and `read:logs`.',
  )
  @ApiProduces('application/json', 'text/event-stream')
  @ApiOkResponse({ standardSchema: backtestView, description: 'What it has found.' })
  run(
    @Caller() caller: Principal,
    @Body({ schema: backtestInput }) body: z.infer<typeof backtestInput>,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const steps = this.backtests.run(caller, toBacktestRequest(body));
    return answerSteps(steps, reply, { accept, toData: toStepView });
  }
}
