import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiTags,
  ApiTooManyRequestsResponse,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CONFIG, type Config } from '../config/index.js';
import { notFound } from '../errors.js';
import { byId, Cursors, idField, Operation } from '../http/index.js';
import { Caller, type Principal, Scopes } from '../workspaces/index.js';
import { keyOfBatch, readBatch, toBatchView } from './event-batch.dto.js';
import {
  batchInput,
  batchView,
  eventPage,
  eventQuery,
  eventView,
  publishedView,
  publishInput,
  toEventFilter,
  toEventView,
} from './event.dto.js';
import { EventRepository } from './event.repository.js';
import { EventSearchRepository } from './event-search.repository.js';
import { requireFittingBody } from './event-size.js';
import { IDEMPOTENCY_HEADER, IdempotencyKey } from './idempotency-key.decorator.js';
import { PublishService } from './publish.service.js';

const eventId = idField('an event');

@ApiTags('Events')
@Controller('v1/events')
export class EventController {
  constructor(
    private readonly publisher: PublishService,
    private readonly events: EventRepository,
    private readonly searches: EventSearchRepository,
    private readonly cursors: Cursors,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Post()
  @HttpCode(202)
  @Scopes('publish:events')
  @Operation(
    'Publish an event',
    'When this answers, the event is stored and will be dispatched, whatever happens next.',
  )
  @ApiHeader(IDEMPOTENCY_HEADER)
  @ApiAcceptedResponse({ standardSchema: publishedView, description: 'Stored.' })
  publish(
    @Caller() caller: Principal,
    @IdempotencyKey() key: string | undefined,
    @Body({ schema: publishInput }) body: z.infer<typeof publishInput>,
    @Req() { body: sent }: FastifyRequest,
  ): Promise<z.infer<typeof publishedView>> {
    requireFittingBody(sent, this.config.BUGLE_MAX_EVENT_BYTES);
    return this.publisher.publish(caller.workspaceId, body, { idempotencyKey: key });
  }

  @Post('batch')
  @HttpCode(202)
  @Scopes('publish:events')
  @Operation(
    'Publish many events',
    'Each is accepted or refused on its own; use `id` to make them idempotent. A batch that can be read is answered 202 even if every event is refused: look at `refused`.',
  )
  @ApiAcceptedResponse({
    standardSchema: batchView,
    description: 'How many were accepted and refused, and one result per event.',
  })
  async publishBatch(
    @Caller() caller: Principal,
    @IdempotencyKey() key: string | undefined,
    @Body({ schema: batchInput }) body: z.infer<typeof batchInput>,
  ): Promise<z.infer<typeof batchView>> {
    if (key !== undefined) throw keyOfBatch();
    const batch = readBatch(body.events, this.config);
    return toBatchView(
      batch,
      await this.publisher.publishAll(caller.workspaceId, batch.publications),
    );
  }

  @Get()
  @Scopes('read:logs')
  @Operation(
    'List events',
    'Newest first. A search that takes longer than five seconds is refused with `search_too_slow`: narrow its time.',
  )
  @ApiOkResponse({ standardSchema: eventPage, description: 'A page of events.' })
  @ApiTooManyRequestsResponse({
    description: 'Too many searches of this workspace are under way or wait.',
  })
  list(
    @Caller() { workspaceId }: Principal,
    @Query({ schema: eventQuery }) query: z.infer<typeof eventQuery>,
  ): Promise<z.infer<typeof eventPage>> {
    return this.cursors.page(`events ${workspaceId}`, query, {
      read: (before) => this.searches.list(workspaceId, { ...toEventFilter(query), before }),
      keyOf: byId,
      toView: toEventView,
    });
  }

  @Get(':id')
  @Scopes('read:logs')
  @Operation('Read an event')
  @ApiOkResponse({ standardSchema: eventView, description: 'The event as it was stored.' })
  async get(
    @Caller() caller: Principal,
    @Param('id', { schema: eventId }) id: string,
  ): Promise<z.infer<typeof eventView>> {
    const event = await this.events.get(caller.workspaceId, id);
    if (!event) throw notFound('event', id);
    return toEventView(event);
  }
}
