import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, LessThan, Repository } from 'typeorm';
import { isForeignKeyViolation, isUniqueViolation } from '../database/index.js';
import { BugleError, notFound } from '../errors.js';
import { requireRevision } from '../revision.js';
import { bumpRules, type Principal } from '../workspaces/index.js';
import { Webhook } from './webhook.entity.js';
import { WebhookRevision } from './webhook-revision.entity.js';

/** A webhook, for whoever wants to change it. */
export interface Editing {
  caller: Principal;
  id: string;
  /** The one that the caller has read; undefined for whatever it is now. */
  revision?: number;
}

/** What is changed of a row that is locked, in its transaction. */
export type Change = (webhook: Webhook, manager: EntityManager) => void | Promise<void>;

/** The table of webhooks. Every change of a row is a new revision and makes compiled rules stale, in one transaction. */
@Injectable()
export class WebhookRepository {
  constructor(@InjectRepository(Webhook) private readonly webhooks: Repository<Webhook>) {}

  count(workspaceId: string): Promise<number> {
    return this.webhooks.countBy({ workspaceId });
  }

  /** Newest first, one row more than the limit. */
  list(workspaceId: string, limit: number, before?: string): Promise<Webhook[]> {
    return this.webhooks.find({
      where: { workspaceId, ...(before && { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: limit + 1,
    });
  }

  find(workspaceId: string, id: string): Promise<Webhook | null> {
    return this.webhooks.findOneBy({ workspaceId, id });
  }

  /** @throws BugleError 409 `name_taken` */
  async insert(webhook: Webhook, keyId: string): Promise<void> {
    await this.write(webhook, async (manager) => {
      await manager.insert(Webhook, webhook);
      // By the same clock: what was accepted before is none of its business.
      const sinceEver = { disabledAt: () => 'created_at' };
      if (!webhook.enabled) await manager.update(Webhook, webhook.id, sinceEver);
      await manager.insert(WebhookRevision, WebhookRevision.of(webhook, keyId));
    });
  }

  /** Stores the row as the next revision. @throws BugleError 404, 409 `name_taken`, 412 */
  edit({ caller, id, revision }: Editing, change: Change): Promise<Webhook> {
    const { workspaceId, keyId } = caller;
    return this.write({ workspaceId, id }, async (manager) => {
      const webhook = await lock(manager, { workspaceId, id, revision });
      await change(webhook, manager);
      webhook.revision += 1;
      await manager.insert(WebhookRevision, WebhookRevision.of(webhook, keyId));
      return manager.save(webhook);
    });
  }

  /** @throws BugleError 404, 409 `webhook_in_use`, 412 */
  async delete({ caller, id, revision }: Editing, alongside: Change): Promise<void> {
    const { workspaceId, keyId } = caller;
    try {
      await this.write({ workspaceId, id }, async (manager) => {
        const webhook = await lock(manager, { workspaceId, id, revision });
        await manager.insert(WebhookRevision, WebhookRevision.ofDeleted(webhook, keyId));
        await manager.remove(webhook);
        await alongside(webhook, manager);
      });
    } catch (error) {
      if (!isForeignKeyViolation(error, 'automations_webhook_id_fkey')) throw error;
      const message = 'Automations use this webhook. Delete them first, or point them elsewhere.';
      throw new BugleError(409, 'webhook_in_use', message);
    }
  }

  private async write<Result>(
    { workspaceId, id }: { workspaceId: string; id: string },
    work: (manager: EntityManager) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.webhooks.manager.transaction(async (manager) => {
        const result = await work(manager);
        await bumpRules(manager, workspaceId, { webhookId: id });
        return result;
      });
    } catch (error) {
      if (!isUniqueViolation(error, 'webhooks_name_key')) throw error;
      const message = 'There is already a webhook of this name in the workspace.';
      throw new BugleError(409, 'name_taken', message);
    }
  }
}

/** The row at the revision that the caller has read, locked until the transaction ends. @throws BugleError 404, 412 */
async function lock(
  manager: EntityManager,
  { workspaceId, id, revision }: { workspaceId: string; id: string; revision?: number },
): Promise<Webhook> {
  const webhook = await manager.findOne(Webhook, {
    where: { workspaceId, id },
    lock: { mode: 'pessimistic_write' },
  });
  if (!webhook) throw notFound('webhook', id);
  requireRevision(revision, webhook.revision);
  return webhook;
}
