import { Body, Controller, Headers, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { BugleError } from '../../errors.js';
import { Operation } from '../../http/index.js';
import { LOGGER } from '../../logger.js';
import { Caller, type Principal, Scopes } from '../../workspaces/index.js';
import { backtestInput, backtestView, toBacktestRequest, toStepView } from './backtest.dto.js';
import { BacktestService, type BacktestStep } from './backtest.service.js';
import { eventStream, lastStep } from './backtest-stream.js';

@ApiTags('Automations')
@Controller('v1/automations/backtest')
@Scopes('manage:automations', 'read:logs')
export class BacktestController {
  constructor(
    private readonly backtests: BacktestService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Post()
  @HttpCode(200)
  @Operation(
    'Try an automation on stored events',
    'Says what it would have fired for, and what an edit would change. Sends nothing, stores nothing. With `Accept: text/event-stream` the answer is a stream: `progress` events (`scanned`, `tried`, `matched`), then one `result`, or one `error` with `code` and `message`. Needs the scopes `manage:automations` and `read:logs`.',
  )
  @ApiProduces('application/json', 'text/event-stream')
  @ApiOkResponse({ standardSchema: backtestView, description: 'What it has found.' })
  async run(
    @Caller() caller: Principal,
    @Body({ schema: backtestInput }) body: z.infer<typeof backtestInput>,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const steps = this.backtests.run(caller, toBacktestRequest(body));
    // What is wrong with the request is found out before the first step, and answered as a problem.
    const first = await steps.next();
    if (first.done) return;
    if (accept?.includes('text/event-stream')) this.stream(first.value, steps, reply);
    else await answerAtOnce(first.value, steps, reply);
  }

  private stream(
    first: BacktestStep,
    steps: AsyncGenerator<BacktestStep>,
    reply: FastifyReply,
  ): void {
    const stream = eventStream(first, steps, {
      toData: toStepView,
      toProblem: (error) => this.problemOf(error),
    });
    void reply
      .header('content-type', 'text/event-stream')
      .header('cache-control', 'no-cache')
      .send(stream);
  }

  private problemOf(error: unknown): { code: string; message: string } {
    if (error instanceof BugleError) return { code: error.code, message: error.message };
    this.logger.error({ err: error }, 'backtest.failed');
    return { code: 'backtest_failed', message: 'The backtest was broken off. Try it again.' };
  }
}

async function answerAtOnce(
  first: BacktestStep,
  steps: AsyncGenerator<BacktestStep>,
  reply: FastifyReply,
): Promise<void> {
  const last = await lastStep(first, steps, () => reply.raw.socket?.destroyed !== false);
  if (last) void reply.send(toStepView(last));
}
