import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import { newId } from '../database/index.js';
import { BugleError, type Fault, invalidInput, notFound } from '../errors.js';
import {
  checkTriggers,
  EventTypeService,
  type Published,
  PublishService,
} from '../event-bus/index.js';
import type { JsonObject } from '../json.js';
import type { Principal } from '../workspaces/index.js';
import { checkCustomHeaders, checkMaskedValues, checkUnmasking, keepMasked } from './headers.js';
import { checkEditedOrder, checkOrderingKey, editedOrder } from './ordering-key.js';
import { checkSecret, generateSecret, SecretBox } from './secret.js';
import { checkTargetAddress, checkTargetUrl } from './target-url.js';
import { webhookDisabled } from './unsendable.js';
import {
  type RateLimit,
  Webhook,
  type WebhookMethod,
  type WebhookRetryPolicy,
} from './webhook.entity.js';
import { WebhookHealthService } from './webhook-health.service.js';
import { WebhookRepository } from './webhook.repository.js';

/** What an admin may set of a webhook. */
export interface WebhookSettings {
  name: string;
  description: string | null;
  url: string;
  method: WebhookMethod;
  events: string[];
  headers: Record<string, string>;
  maskedHeaders: string[];
  retryPolicy: WebhookRetryPolicy | null;
  rateLimit: RateLimit | null;
  ordered: boolean;
  orderingKey: string | null;
  enabled: boolean;
}

type Checked = Pick<WebhookSettings, 'url' | 'events' | 'headers'>;

/** A webhook with its secret in clear, for the one answer that shows it. */
export interface WithSecret {
  webhook: Webhook;
  secret: string;
}

const HOUR = 3_600_000;

/** Creates, edits and tests webhooks: what may be stored of them, and what follows from it. */
@Injectable()
export class WebhookService {
  constructor(
    private readonly webhooks: WebhookRepository,
    private readonly eventTypes: EventTypeService,
    private readonly publisher: PublishService,
    private readonly box: SecretBox,
    private readonly health: WebhookHealthService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws BugleError 409 `name_taken`, `too_many_webhooks`, 422 */
  async create(
    caller: Principal,
    settings: WebhookSettings,
    secret = generateSecret(),
  ): Promise<WithSecret> {
    const { workspaceId } = caller;
    await this.refuseTooMany(workspaceId);
    await this.refuseFaults(workspaceId, settings, [
      ...checkTargetAddress(settings.url, this.config.BUGLE_ALLOW_NETWORKS),
      ...checkMaskedValues(settings.headers, {}),
      ...checkOrderingKey(settings),
      ...checkSecret(secret),
    ]);
    const id = newId();
    const webhook = Object.assign(new Webhook(), settings, {
      id,
      workspaceId,
      secret: this.box.seal(secret, id),
      revision: 1,
    });
    await this.webhooks.insert(webhook, caller.keyId);
    return { webhook: await this.get(workspaceId, id), secret };
  }

  /** Newest first, one row more than the limit. */
  list(workspaceId: string, limit: number, before?: string): Promise<Webhook[]> {
    return this.webhooks.list(workspaceId, limit, before);
  }

  find(workspaceId: string, id: string): Promise<Webhook | null> {
    return this.webhooks.find(workspaceId, id);
  }

  /** @throws BugleError 404 */
  async get(workspaceId: string, id: string): Promise<Webhook> {
    const webhook = await this.find(workspaceId, id);
    if (!webhook) throw notFound('webhook', id);
    return webhook;
  }

  /** @throws BugleError 404, 409 `name_taken`, 412 `revision_conflict`, 422 */
  async update(
    caller: Principal,
    id: string,
    edit: Partial<WebhookSettings>,
    revision?: number,
  ): Promise<Webhook> {
    const { workspaceId } = caller;
    const patch = editedOrder(edit);
    const current = await this.get(workspaceId, id);
    // Checked before the row is locked: the check may need a connection of its own.
    const allowed = this.config.BUGLE_ALLOW_NETWORKS;
    await this.refuseFaults(workspaceId, { ...settingsOf(current), ...patch }, [
      // Only a new one: should the operator close a network, its webhooks can still be edited.
      ...(patch.url === undefined ? [] : checkTargetAddress(patch.url, allowed)),
      ...checkMaskedValues(patch.headers ?? {}, current.headers),
      ...checkUnmasking(patch, current),
      ...checkEditedOrder(patch, current),
    ]);
    return this.webhooks.edit({ caller, id, revision }, async (webhook, manager) => {
      const headers = patch.headers && keepMasked(patch.headers, webhook.headers);
      Object.assign(webhook, switched(webhook, patch), patch, headers && { headers });
      if (mayCure(patch)) await this.health.forget(manager, id);
    });
  }

  /** Deliveries that still wait are cancelled. @throws BugleError 404, 409 `webhook_in_use`, 412 */
  async delete(caller: Principal, id: string, revision?: number): Promise<void> {
    await this.webhooks.delete({ caller, id, revision }, (_, manager) =>
      this.health.delete(manager, id),
    );
  }

  /**
   * From now on `Signature` is made with the new secret; `webhook-signature` carries both during the grace time.
   * @throws BugleError 404, 412, 422
   */
  async rotateSecret(
    caller: Principal,
    id: string,
    {
      secret = generateSecret(),
      graceHours = this.config.BUGLE_SECRET_GRACE_HOURS,
    }: { secret?: string; graceHours?: number },
    revision?: number,
  ): Promise<WithSecret> {
    const faults = checkSecret(secret);
    if (faults.length > 0) throw invalidInput(faults);
    const webhook = await this.webhooks.edit({ caller, id, revision }, (row) => {
      row.previousSecret = graceHours > 0 ? row.secret : null;
      row.previousSecretExpiresAt =
        graceHours > 0 ? new Date(Date.now() + graceHours * HOUR) : null;
      row.secret = this.box.seal(secret, id);
    });
    return { webhook, secret };
  }

  /**
   * Publishes a `webhook.test` event that goes to this webhook alone, by the way of every event. It does not wait for the end
   * of a hold. @throws BugleError 404, 409
   */
  async test(workspaceId: string, id: string, data: JsonObject): Promise<Published> {
    const webhook = await this.get(workspaceId, id);
    if (!webhook.enabled) throw webhookDisabled();
    // Before the event is there: whoever is told of its delivery finds that it may go.
    await this.health.endHold(id);
    return this.publisher.publish(
      workspaceId,
      { type: 'webhook.test', data },
      { targetWebhookId: id },
    );
  }

  private async refuseTooMany(workspaceId: string): Promise<void> {
    const most = this.config.BUGLE_MAX_WEBHOOKS;
    if ((await this.webhooks.count(workspaceId)) < most) return;
    const message = `A workspace has at most ${most} webhooks (BUGLE_MAX_WEBHOOKS). Delete some that are not used.`;
    throw new BugleError(409, 'too_many_webhooks', message);
  }

  private async refuseFaults(
    workspaceId: string,
    settings: Checked,
    furtherFaults: readonly Fault[],
  ): Promise<void> {
    const triggers = checkTriggers(settings.events, await this.eventTypes.triggerable(workspaceId));
    const faults = [
      ...checkTargetUrl(settings.url),
      ...triggers.map((fault) => ({ ...fault, path: `events${fault.path}` })),
      ...checkCustomHeaders(settings.headers),
      ...furtherFaults,
    ];
    if (faults.length > 0) throw invalidInput(faults);
  }
}

/** What follows from enabling or disabling it. That an edit says once more that it is disabled changes nothing. */
function switched(
  before: Webhook,
  { enabled = before.enabled }: Partial<WebhookSettings>,
): Partial<Pick<Webhook, 'disabledAt' | 'disabledReason'>> {
  if (enabled) return { disabledAt: null, disabledReason: null };
  return { disabledAt: before.disabledSince ?? new Date() };
}

/** After such an edit the failures so far say nothing any more. */
function mayCure({ enabled, url, method, headers }: Partial<WebhookSettings>): boolean {
  return enabled === true || [url, method, headers].some((field) => field !== undefined);
}

/** What of a webhook is checked together. */
function settingsOf({ url, events, headers }: Webhook): Checked {
  return { url, events, headers };
}
