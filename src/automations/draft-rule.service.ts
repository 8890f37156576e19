import { Injectable } from '@nestjs/common';
import { derivedId, newId } from '../database/index.js';
import { WebhookService } from '../webhooks/index.js';
import { AutomationService } from './automation.service.js';
import { type CompleteDraft, completeDraft, type DraftInput } from './draft.js';
import { type Rule, ruleOfAutomation } from './rules/rule.js';

/** Makes rules of what is not stored, so that it can be tried as if it were. */
@Injectable()
export class DraftRuleService {
  constructor(
    private readonly automations: AutomationService,
    private readonly webhooks: WebhookService,
  ) {}

  /** @throws BugleError 404 for an automation that is not there. */
  async complete(workspaceId: string, input: DraftInput): Promise<CompleteDraft> {
    const { automationId } = input;
    const stored =
      automationId === undefined
        ? undefined
        : await this.automations.get(workspaceId, automationId);
    return completeDraft(input, stored);
  }

  /**
   * Under an id that nothing else has, and not under the stored one: what is compiled, and what had to be stopped by
   * force, is remembered by id and revision. Its context is that of the stored automation.
   * @throws BugleError 404 for a webhook that is not there.
   */
  async ruleOf(workspaceId: string, draft: CompleteDraft): Promise<Rule> {
    const { triggers = [], webhookId, stored, ...said } = draft;
    const webhook = webhookId ? await this.webhooks.get(workspaceId, webhookId) : noWebhookYet();
    const row = { ...said, triggers, id: newId(), name: 'draft', webhookId: webhook.id };
    const rule = ruleOfAutomation({ ...row, workspaceId, priority: 0, revision: 0 }, webhook);
    return stored ? { ...rule, automation: stored } : rule;
  }
}

/** The delivery that a rule makes, or would make, of an event; the same for a stored automation and an edit of it. */
export function deliveryIdOf(eventId: string, { id, automation }: Rule): string {
  return derivedId(eventId, automation?.id ?? id);
}

function noWebhookYet(): Rule['webhook'] {
  return { id: newId(), name: 'no webhook yet', method: 'POST' };
}
