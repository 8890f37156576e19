import { Injectable } from '@nestjs/common';
import type { Fault } from '../errors.js';
import { checkTriggers, EventTypeService } from '../event-bus/index.js';
import type { JsonValue } from '../json.js';
import { type Webhook, WebhookService } from '../webhooks/index.js';
import { type Draft, EMPTY_DRAFT } from './draft.js';
import { within, withinTemplate } from './fault-path.js';
import { EvaluationService } from './evaluation/index.js';

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
      ...triggers.map((fault) => within('triggers', fault)),
      ...(await this.conditionFaults(workspaceId, draft.condition)),
      ...(await this.templateFaults(workspaceId, draft)),
      ...(await this.webhookFaults(workspaceId, draft)),
    ];
  }

  private async conditionFaults(workspaceId: string, condition: JsonValue): Promise<Fault[]> {
    if (condition === null) return [];
    const { faults } = await this.evaluations.checkCondition(workspaceId, condition);
    return faults.map((fault) => within('condition', fault));
  }

  private async templateFaults(workspaceId: string, draft: Draft): Promise<Fault[]> {
    const { template, templateFormat, contentType } = draft;
    if (template === null) return defaultPayloadFaults(draft);
    const { faults } = await this.evaluations.checkTemplate(workspaceId, {
      template,
      templateFormat,
      contentType,
    });
    return faults.map(withinTemplate);
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

/** Stored, they would hold for no template, and surprise whoever writes one later. */
function defaultPayloadFaults({ templateFormat, contentType }: Draft): Fault[] {
  return [
    ...(templateFormat === EMPTY_DRAFT.templateFormat ? [] : [FORMAT_WITHOUT_TEMPLATE]),
    ...(contentType === null ? [] : [CONTENT_TYPE_WITHOUT_TEMPLATE]),
  ];
}

const FORMAT_WITHOUT_TEMPLATE: Fault = {
  path: 'templateFormat',
  code: 'format_without_template',
  message:
    'Without a template, the default payload is sent, which is JSON. Write a template, or use "json-text".',
};

const CONTENT_TYPE_WITHOUT_TEMPLATE: Fault = {
  path: 'contentType',
  code: 'invalid_content_type',
  message:
    'Without a template, the default payload is sent, as application/json. Write a template of the format "text", or leave the content type out.',
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
