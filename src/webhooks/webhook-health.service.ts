import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, Repository } from 'typeorm';
import { bumpRules } from '../workspaces/index.js';
import { endingHolds, holding } from './hold.js';
import { Webhook } from './webhook.entity.js';
import { type HealthRow, healthOf, type WebhookHealth } from './webhook-health.js';
import { WebhookRevision } from './webhook-revision.entity.js';

/** A webhook and how it does. */
export interface ShownWebhook {
  id: string;
  webhook: Webhook;
  health: WebhookHealth;
}

/** Why Bugle itself disables a webhook: its receiver said 410, or it has done nothing but fail for too long. */
export type DisabledReason = 'gone' | 'failing';

/** Which webhook is to be disabled, as it was when it was called. */
export interface Disabling {
  workspaceId: string;
  webhookId: string;
  revision: number;
  reason: DisabledReason;
}

const FORGET = `
  UPDATE webhook_health SET failures = 0, failing_since = NULL, trips = 0, probed_at = NULL,
    ${holding({ tripped: 'NULL::timestamptz', paused: 'NULL::timestamptz' })},
    told_since = COALESCE(told_since, CASE WHEN trips > 0 THEN failing_since END),
    told_failures = CASE WHEN trips > 0 OR told_since IS NOT NULL THEN told_failures + failures ELSE 0 END
  WHERE webhook_id = $1`;

/** How webhooks do. The delivery worker counts (docs/adr/0017); here it is shown, forgotten and acted on. */
@Injectable()
export class WebhookHealthService {
  constructor(@InjectRepository(Webhook) private readonly webhooks: Repository<Webhook>) {}

  /** How each of these webhooks does, in order. */
  async withHealth(webhooks: readonly Webhook[]): Promise<ShownWebhook[]> {
    const rows = await this.webhooks.query<HealthRow[]>(
      `SELECT webhook_id AS "webhookId", failures, failing_since AS "failingSince",
         CASE WHEN held_until > now() THEN held_until END AS "heldUntil"
       FROM webhook_health WHERE webhook_id = ANY ($1)`,
      [webhooks.map(({ id }) => id)],
    );
    const known = new Map(rows.map((row) => [row.webhookId, row]));
    return webhooks.map((webhook) => ({
      id: webhook.id,
      webhook,
      health: healthOf(webhook.enabled, known.get(webhook.id)),
    }));
  }

  /** Name and URL of these webhooks, by id; those that are gone are left out. */
  async named(ids: readonly string[]): Promise<Map<string, Pick<Webhook, 'name' | 'url'>>> {
    const select = { id: true, name: true, url: true };
    const rows = await this.webhooks.find({ where: { id: In([...new Set(ids)]) }, select });
    return new Map(rows.map(({ id, name, url }) => [id, { name, url }]));
  }

  /**
   * Begins anew: what was held goes ahead at once. That somebody was told of its failures is remembered until its recovery
   * is told, too. Part of the transaction that corrects the webhook.
   */
  async forget(manager: EntityManager, webhookId: string): Promise<void> {
    await manager.query(FORGET, [webhookId]);
  }

  /** Part of the transaction that deletes the webhook. */
  async delete(manager: EntityManager, webhookId: string): Promise<void> {
    await manager.query('DELETE FROM webhook_health WHERE webhook_id = $1', [webhookId]);
  }

  /**
   * For somebody who sends to it by hand, or has it done by a job: a hold for its failures ends, and what is due goes ahead
   * as a probe.
   */
  async endHold(webhookId: string, jobId?: string): Promise<void> {
    await (jobId === undefined
      ? this.webhooks.query(endingHolds('SELECT $1::uuid'), [webhookId])
      : this.webhooks.query(endingHolds('SELECT $1::uuid', '$2'), [webhookId, jobId]));
  }

  /**
   * Disables a webhook that must not be called any more, and does `alongside` in the same transaction. Only at the
   * revision that was called: an answer that comes late says nothing of a webhook that was corrected since. False when
   * nothing was done.
   */
  disable(
    { workspaceId, webhookId: id, revision, reason }: Disabling,
    alongside: (manager: EntityManager) => Promise<void>,
  ): Promise<boolean> {
    return this.webhooks.manager.transaction(async (manager) => {
      const { affected } = await manager.update(
        Webhook,
        { workspaceId, id, revision, enabled: true },
        {
          enabled: false,
          disabledAt: new Date(),
          disabledReason: reason,
          revision: revision + 1,
        },
      );
      if (!affected) return false;
      const webhook = await manager.findOneByOrFail(Webhook, { workspaceId, id });
      await manager.insert(WebhookRevision, WebhookRevision.of(webhook, null));
      await bumpRules(manager, workspaceId, { webhookId: id });
      await alongside(manager);
      return true;
    });
  }
}
