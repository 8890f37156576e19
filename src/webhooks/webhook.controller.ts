import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { publishedView } from '../event-bus/index.js';
import {
  byId,
  Cursors,
  IF_MATCH_HEADER,
  idField,
  IfMatch,
  Operation,
  pageQuery,
  setETag,
} from '../http/index.js';
import { Caller, type Principal, Scopes } from '../workspaces/index.js';
import { ENDS_HOLD } from './hold.js';
import {
  rotateInput,
  testInput,
  toSettings,
  toWebhookView,
  webhookInput,
  webhookPage,
  webhookPatch,
  webhookView,
  webhookWithSecret,
} from './webhook.dto.js';
import type { Webhook } from './webhook.entity.js';
import { WebhookHealthService } from './webhook-health.service.js';
import { WebhookService } from './webhook.service.js';

const webhookId = idField('a webhook');

@ApiTags('Webhooks')
@Controller('v1/webhooks')
@Scopes('manage:webhooks')
export class WebhookController {
  constructor(
    private readonly webhooks: WebhookService,
    private readonly health: WebhookHealthService,
    private readonly cursors: Cursors,
  ) {}

  @Post()
  @Operation('Create a webhook', 'The secret is in this answer and never shown again.')
  @ApiCreatedResponse({
    standardSchema: webhookWithSecret,
    description: 'The new webhook, with its secret.',
  })
  async create(
    @Caller() caller: Principal,
    @Body({ schema: webhookInput }) body: z.infer<typeof webhookInput>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof webhookWithSecret>> {
    const { webhook, secret } = await this.webhooks.create(caller, toSettings(body), body.secret);
    return { ...(await this.answer(webhook, reply)), secret };
  }

  @Get()
  @Operation('List webhooks', 'Newest first.')
  @ApiOkResponse({ standardSchema: webhookPage, description: 'A page of webhooks.' })
  list(
    @Caller() { workspaceId }: Principal,
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ): Promise<z.infer<typeof webhookPage>> {
    return this.cursors.page(`webhooks ${workspaceId}`, query, {
      read: async (before) =>
        this.health.withHealth(await this.webhooks.list(workspaceId, query.limit, before)),
      keyOf: byId,
      toView: toWebhookView,
    });
  }

  @Get(':id')
  @Operation('Read a webhook')
  @ApiOkResponse({
    standardSchema: webhookView,
    description: 'The webhook; its revision is the ETag.',
  })
  async get(
    @Caller() caller: Principal,
    @Param('id', { schema: webhookId }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof webhookView>> {
    return this.answer(await this.webhooks.get(caller.workspaceId, id), reply);
  }

  @Patch(':id')
  @Operation('Edit a webhook')
  @ApiHeader(IF_MATCH_HEADER)
  @ApiOkResponse({ standardSchema: webhookView, description: 'The webhook as it is now.' })
  async update(
    @Caller() caller: Principal,
    @Param('id', { schema: webhookId }) id: string,
    @Body({ schema: webhookPatch }) body: z.infer<typeof webhookPatch>,
    @IfMatch() revision: number | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof webhookView>> {
    return this.answer(await this.webhooks.update(caller, id, body, revision), reply);
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation('Delete a webhook', 'Deliveries that still wait are cancelled; the log stays.')
  @ApiHeader(IF_MATCH_HEADER)
  @ApiNoContentResponse({ description: 'Deleted.' })
  async delete(
    @Caller() caller: Principal,
    @Param('id', { schema: webhookId }) id: string,
    @IfMatch() revision: number | undefined,
  ): Promise<void> {
    await this.webhooks.delete(caller, id, revision);
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  @Operation(
    'Rotate the secret',
    'During the grace time `webhook-signature` carries the signatures of both secrets.',
  )
  @ApiHeader(IF_MATCH_HEADER)
  @ApiOkResponse({
    standardSchema: webhookWithSecret,
    description: 'The webhook, with its new secret.',
  })
  async rotateSecret(
    @Caller() caller: Principal,
    @Param('id', { schema: webhookId }) id: string,
    @Body({ schema: rotateInput }) body: z.infer<typeof rotateInput>,
    @IfMatch() revision: number | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof webhookWithSecret>> {
    const { webhook, secret } = await this.webhooks.rotateSecret(caller, id, body, revision);
    return { ...(await this.answer(webhook, reply)), secret };
  }

  @Post(':id/test')
  @HttpCode(202)
  @Operation(
    'Send a test event',
    `A \`webhook.test\` event goes to this webhook alone, by the way of every event. ${ENDS_HOLD}`,
  )
  @ApiAcceptedResponse({
    standardSchema: publishedView,
    description: 'Stored; see GET /v1/deliveries?eventId=…',
  })
  test(
    @Caller() caller: Principal,
    @Param('id', { schema: webhookId }) id: string,
    @Body({ schema: testInput }) body: z.infer<typeof testInput>,
  ): Promise<z.infer<typeof publishedView>> {
    return this.webhooks.test(caller.workspaceId, id, body.data ?? { status: 'ok' });
  }

  private async answer(
    webhook: Webhook,
    reply: FastifyReply,
  ): Promise<z.infer<typeof webhookView>> {
    setETag(reply, webhook.revision);
    const [shown] = await this.health.withHealth([webhook]);
    if (!shown) throw new Error('one webhook, but none with its health');
    return toWebhookView(shown);
  }
}
