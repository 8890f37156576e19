import { Injectable } from '@nestjs/common';
import { BugleError, notFound } from '../../errors.js';
import { webhookDeleted, webhookDisabled, WebhookService } from '../../webhooks/index.js';
import { DeliveryHandoff } from '../delivery-handoff.js';
import { DeliveryLogRepository } from './delivery-log.repository.js';
import { type DeliveryFilter, DeliverySearchRepository } from './delivery-search.repository.js';
import type { LoggedAttempt, LoggedBody, LoggedDelivery } from './logged-delivery.js';

/** One delivery with everything that was tried. */
export interface DeliveryWithAttempts extends LoggedDelivery, LoggedBody {
  attempts: LoggedAttempt[];
}

/** Answers "what happened, and what did the other side say?", and sends again by hand. */
@Injectable()
export class DeliveryLogService {
  constructor(
    private readonly log: DeliveryLogRepository,
    private readonly searches: DeliverySearchRepository,
    private readonly webhooks: WebhookService,
    private readonly handoff: DeliveryHandoff,
  ) {}

  /** @throws BugleError 422 `search_too_slow`, 429 `too_many_searches` */
  list(workspaceId: string, filter: DeliveryFilter): Promise<LoggedDelivery[]> {
    return this.searches.list(workspaceId, filter);
  }

  /** @throws BugleError 404 */
  async get(workspaceId: string, id: string): Promise<DeliveryWithAttempts> {
    const delivery = await this.log.get(workspaceId, id);
    if (!delivery) throw notFound('delivery', id);
    return { ...delivery, attempts: await this.log.attempts(id) };
  }

  /**
   * Sends the same bytes under the same `webhook-id` once more, whatever became of the delivery.
   * @throws BugleError 404, 409 `delivery_not_rendered`, `webhook_deleted`, `webhook_disabled`, `delivery_in_flight`
   */
  async redeliver(workspaceId: string, id: string): Promise<DeliveryWithAttempts> {
    const delivery = await this.get(workspaceId, id);
    await this.refuseUnsendable(delivery);
    const webhookId = await this.log.reopen(id);
    if (!webhookId) {
      throw new BugleError(
        409,
        'delivery_in_flight',
        'This delivery is being sent at this moment. Look at its attempts, then decide.',
      );
    }
    this.handoff.announce([webhookId]);
    return this.get(workspaceId, id);
  }

  private async refuseUnsendable({
    workspaceId,
    webhookId,
    requestBody,
  }: DeliveryWithAttempts): Promise<void> {
    if (requestBody === null) {
      throw new BugleError(
        409,
        'delivery_not_rendered',
        'There is nothing to send: the payload could not be rendered. See lastError.',
      );
    }
    const webhook = await this.webhooks.find(workspaceId, webhookId);
    if (!webhook) throw webhookDeleted();
    if (!webhook.enabled) throw webhookDisabled();
  }
}
