import { Injectable } from '@nestjs/common';
import type { Fault } from '../errors.js';
import { checkTriggers, EventTypeService } from '../event-bus/index.js';
import type { JsonValue } from '../json.js';
import { type Webhook, WebhookService } from '../webhooks/index.js';
import type { TemplateFormat } from './automation.js';
import { EvaluationService } from './evaluation/index.js';

/** The parts of an automation that can be wrong by themselves. */
export interface Draft {
  triggers?: readonly string[];
  condition: JsonValue;
  template: string | null;
  templateFormat: TemplateFormat;
  contentType: string | null;
  webhookId?: string;
}

/** Says what is wrong with an automation before it is stored or previewed. */
@Injectable()
export class DraftService {
  constructor(
    private readonly eventTypes: EventTypeService,
    private readonly webhooks: WebhookService,
    private readonly evaluations: EvaluationService,
  ) {}

  /** Every fault, with its path in the automation, and its line and column in the template. */
  async check(workspaceId: string, draft: Draft): Promise<Fault[]> {
    const known = await this.eventTypes.triggerable(workspaceId);
    const triggers = checkTriggers(draft.triggers ?? [], known);
    return [
      ...triggers.map((fault) => ({ ...fault, path: `triggers${fault.path}` })),
      ...(await this.conditionFaults(workspaceId, draft.condition)),
      ...(await this.templateFaults(workspaceId, draft)),
      ...(await this.webhookFaults(workspaceId, draft)),
    ];
  }

  private async conditionFaults(workspaceId: string, condition: JsonValue): Promise<Fault[]> {
    if (condition === null) return [];
    const { faults } = await this.evaluations.checkCondition(workspaceId, condition);
    return faults.map((fault) => ({
      ...fault,
      path: fault.path ? `condition.${fault.path}` : 'condition',
    }));
  }

  private async templateFaults(workspaceId: string, draft: Draft): Promise<Fault[]> {
    const { template, templateFormat, contentType } = draft;
    if (contentType !== null && templateFormat !== 'text') return [CONTENT_TYPE_OF_TEXT];
    if (template === null) return [];
    const { faults } = await this.evaluations.checkTemplate(workspaceId, {
      template,
      templateFormat,
      contentType,
    });
    return faults.map((fault) => ({ ...fault, path: fault.path || 'template' }));
  }

  private async webhookFaults(workspaceId: string, draft: Draft): Promise<Fault[]> {
    if (draft.webhookId === undefined) return [];
    const webhook = await this.webhooks.find(workspaceId, draft.webhookId);
    if (!webhook) return [UNKNOWN_WEBHOOK];
    return isForGet(draft, webhook) ? [] : [NOT_FOR_GET];
  }
}

function isForGet({ templateFormat }: Draft, { method }: Webhook): boolean {
  return method !== 'GET' || templateFormat === 'json-text' || templateFormat === 'json-tree';
}

const CONTENT_TYPE_OF_TEXT: Fault = {
  path: 'contentType',
  code: 'content_type_fixed',
  message: 'Only the format "text" has a content type of its own. Leave it out, or use "text".',
};

const NOT_FOR_GET: Fault = {
  path: 'templateFormat',
  code: 'get_needs_json',
  message:
    'This webhook uses GET: its query parameters are the fields of a JSON object. Use "json-text" or "json-tree".',
};

const UNKNOWN_WEBHOOK: Fault = {
  path: 'webhookId',
  code: 'unknown_webhook',
  message: 'There is no such webhook in this workspace.',
};
