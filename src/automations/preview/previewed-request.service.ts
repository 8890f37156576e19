import { Injectable } from '@nestjs/common';
import { type Rendered, requestOf } from '../../deliveries/index.js';
import { maskHeaders, TargetService, WebhookService } from '../../webhooks/index.js';

/** The request as it would be sent; secret header values masked. */
export interface PreviewedRequest {
  method: 'GET' | 'POST';
  /** Null while the draft names no webhook. */
  url: string | null;
  headers: Record<string, string>;
  body: string;
}

/** Shown, they would let whoever may preview sign any body for any receiver. */
const SIGNATURES = ['signature', 'webhook-signature'];

/** Shows what would be sent, as the sender would build it. */
@Injectable()
export class PreviewedRequestService {
  constructor(
    private readonly webhooks: WebhookService,
    private readonly targets: TargetService,
  ) {}

  /** The request of a delivery that begins now; without a webhook there is only its body. */
  async requestOf(
    { workspaceId, webhookId }: { workspaceId: string; webhookId: string | undefined },
    delivery: Rendered & { deliveryId: string },
  ): Promise<PreviewedRequest> {
    const at = new Date();
    const target = webhookId && (await this.targetOf(workspaceId, webhookId, at));
    const built = target && requestOf(target, delivery, at);
    if (!built || !built.ok) return withoutAddress(delivery);
    const { method, url, headers, maskedHeaders, body } = built.request;
    const shown = maskHeaders(headers, [...SIGNATURES, ...maskedHeaders]);
    return { method, url, headers: shown, body: body ?? '' };
  }

  private async targetOf(workspaceId: string, webhookId: string, at: Date) {
    const webhook = await this.webhooks.get(workspaceId, webhookId);
    const wanted = new Map([[webhook.id, webhook.revision]]);
    return (await this.targets.load(wanted, at.getTime())).get(webhook.id);
  }
}

function withoutAddress({ body, contentType }: Rendered): PreviewedRequest {
  return { method: 'POST', url: null, headers: { 'content-type': contentType }, body };
}
