import {
  Controller,
  Get,
  HttpCode,
  type MessageEvent,
  Param,
  Post,
  Query,
  Sse,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiOkResponse,
  ApiProduces,
  ApiTags,
  ApiTooManyRequestsResponse,
} from '@nestjs/swagger';
import { map, type Observable } from 'rxjs';
import type { z } from 'zod';
import { byId, Cursors, idField, Operation } from '../../http/index.js';
import { ENDS_HOLD } from '../../webhooks/index.js';
import { Caller, type Principal, Scopes } from '../../workspaces/index.js';
import { AttemptStreamService } from './attempt-stream.service.js';
import {
  deliveryPage,
  deliveryQuery,
  deliveryView,
  deliveryWithAttempts,
  streamedAttempt,
  toDeliveryFilter,
  toDeliveryView,
  toDeliveryWithAttempts,
  toStreamedAttempt,
} from './delivery.dto.js';
import { DeliveryLogService } from './delivery-log.service.js';

const deliveryId = idField('a delivery');

@ApiTags('Deliveries')
@Controller('v1/deliveries')
@Scopes('read:logs')
export class DeliveryController {
  constructor(
    private readonly log: DeliveryLogService,
    private readonly stream: AttemptStreamService,
    private readonly cursors: Cursors,
  ) {}

  @Get()
  @Operation(
    'Search the log',
    'Newest first. All filters must match. A search that takes longer than five seconds is refused with `search_too_slow`: narrow it, with a webhook or a time.',
  )
  @ApiOkResponse({ standardSchema: deliveryPage, description: 'A page of deliveries.' })
  @ApiTooManyRequestsResponse({
    description: 'Too many searches of this workspace are under way or wait.',
  })
  list(
    @Caller() { workspaceId }: Principal,
    @Query({ schema: deliveryQuery }) query: z.infer<typeof deliveryQuery>,
  ): Promise<z.infer<typeof deliveryPage>> {
    return this.cursors.page(`deliveries ${workspaceId}`, query, {
      read: (before) => this.log.list(workspaceId, { ...toDeliveryFilter(query), before }),
      keyOf: byId,
      toView: toDeliveryView,
    });
  }

  @Sse('stream')
  @Operation(
    'Watch the log',
    'Server-Sent Events: an `attempt` event for each attempt from now on, a `ping` when it is quiet.',
  )
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    standardSchema: streamedAttempt,
    description: 'The data of each `attempt` event.',
  })
  watch(@Caller() caller: Principal): Observable<MessageEvent> {
    return this.stream
      .watch(caller)
      .pipe(
        map((attempt) =>
          attempt
            ? { type: 'attempt', data: toStreamedAttempt(attempt) }
            : { type: 'ping', data: {} },
        ),
      );
  }

  @Get(':id')
  @Operation('Read a delivery', 'With every attempt: what was sent and what the receiver answered.')
  @ApiOkResponse({ standardSchema: deliveryWithAttempts, description: 'The delivery.' })
  async get(
    @Caller() caller: Principal,
    @Param('id', { schema: deliveryId }) id: string,
  ): Promise<z.infer<typeof deliveryWithAttempts>> {
    return toDeliveryWithAttempts(await this.log.get(caller.workspaceId, id));
  }

  @Post(':id/redeliver')
  @HttpCode(202)
  @Scopes('redeliver')
  @Operation(
    'Send a delivery again',
    `The same bytes under the same \`webhook-id\`; the attempt is marked \`manual\`. ${ENDS_HOLD}`,
  )
  @ApiAcceptedResponse({ standardSchema: deliveryView, description: 'It is due now.' })
  async redeliver(
    @Caller() caller: Principal,
    @Param('id', { schema: deliveryId }) id: string,
  ): Promise<z.infer<typeof deliveryView>> {
    // What was sent and answered is for keys that may read the log.
    return toDeliveryView(await this.log.redeliver(caller.workspaceId, id));
  }
}
